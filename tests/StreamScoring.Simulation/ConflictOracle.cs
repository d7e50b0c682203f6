using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// Works out from the logs which decisions must be flagged <c>conflicting_id</c>, which may not be,
/// and which payments must have a dead letter that names another one of their id.
/// </summary>
internal sealed class ConflictOracle
{
    private const string Flag = DeadLetter.ConflictingId;

    private readonly SimulationContext _context;
    private readonly long _windowMs;

    /// <summary>By payment id: all records, in all logs that the region reads.</summary>
    private readonly ILookup<string, Place> _places;

    private sealed record Place(PaymentIdentity Identity, int LogIndex, long Offset, long TimestampMs);

    public ConflictOracle(SimulationContext context)
    {
        (_context, _windowMs) = (context, (long)context.Idempotency.Window.TotalMilliseconds);
        var logs = context.Cluster.Logs;
        _places = Enumerable.Range(0, logs.Count).Where(logIndex => logs.KindOf(logIndex) == LogKind.Payments)
            .SelectMany(logIndex => context.Cluster.Input(logs[logIndex]).Records.Select((record, offset) => (record, logIndex, offset)))
            .Where(place => SimulationOracle.IsValid(place.record))
            .Select(place => new Place(PaymentIdentity.Of(PaymentMessagePack.ReadPayment(place.record.Value)), place.logIndex, place.offset, place.record.TimestampMs))
            .ToLookup(place => place.Identity.PaymentId);
    }

    /// <summary>Whether a dead letter stands beside a decision, and answers nothing.</summary>
    public static bool IsBesideDecision(SimulatedLog.Record letter) => ReadLetter(letter) is { IsRefusal: false };

    /// <exception cref="PromiseBrokenException">A flag is wrong, or nobody is told of a
    /// conflict.</exception>
    public void Check(int partition)
    {
        var log = new LogId(_context.Cluster.Region, "payments", partition);
        var logIndex = _context.Cluster.Logs.IndexOf(log);
        var decisions = _context.Cluster.Decisions[partition].Records.Where(record => record.Source == log).ToLookup(record => record.SourceOffset);
        var letters = _context.Cluster.DeadLetters[partition].Records.Where(record => record.Source == log && IsBesideDecision(record)).ToLookup(record => record.SourceOffset);
        // Of first records, where their own log alone says it: whether they conflict.
        var known = new Dictionary<PaymentIdentity, bool?>();
        var input = _context.Cluster.Input(log).Records;
        for (var offset = 0; offset < input.Count; offset++)
        {
            if (!SimulationOracle.IsValid(input[offset]))
            {
                continue;
            }

            var own = new Place(PaymentIdentity.Of(PaymentMessagePack.ReadPayment(input[offset].Value)), logIndex, offset, input[offset].TimestampMs);
            bool IsWithin(Place place) => DuplicateOracle.AreWithin(_windowMs, place.TimestampMs, own.TimestampMs)
                && (place.LogIndex != logIndex || DuplicateOracle.IsRemembered(_windowMs, input, place.Offset, own.Offset));
            var others = _places[own.Identity.PaymentId].Where(place => place.LogIndex != logIndex || place.Offset < offset).ToList();
            foreach (var record in decisions[offset])
            {
                var flags = DecisionMessagePack.Read(record.Value).Flags;
                var isFlagged = flags.Contains(Flag);
                var mustBe = flags.Contains("duplicate") ? known.GetValueOrDefault(own.Identity) : MustConflict(BatchVector.Read(record.Vector), own, others, IsWithin);
                Require(mustBe is null || isFlagged == mustBe, $"{log}/{offset}: flags {string.Join(",", flags)}, conflicting {mustBe}; others {string.Join(" ", others)}");
                Require(
                    !isFlagged || flags.Contains("duplicate") || letters[offset].Any(letter => IsOfConflict(ReadLetter(letter)!, own)),
                    $"{log}/{offset} bears the id of another payment, and no dead letter says so");
            }

            if (!others.Exists(place => place.LogIndex == logIndex && place.Identity == own.Identity && IsWithin(place)))
            {
                known[own.Identity] = others.Exists(place => place.LogIndex != logIndex) ? null
                    : !others.Exists(place => place.Identity != own.Identity && IsWithin(place)) ? false
                    : others.TrueForAll(place => place.Identity != own.Identity && IsWithin(place)) ? true
                    : null;
            }
        }
    }

    /// <summary>
    /// Whether a payment that is no duplicate must be flagged: by the payment of its id that was
    /// folded last before it.
    /// </summary>
    /// <returns>Null where the logs do not say which that was.</returns>
    private bool? MustConflict(IReadOnlyList<BatchVector.Entry> vector, Place own, List<Place> others, Func<Place, bool> isWithin)
    {
        var isReadAgain = own.Offset < EntryOf(vector, own.LogIndex).Next;
        bool IsOwn(Place place) => place.LogIndex == own.LogIndex;
        var maybeBefore = others.Where(place => IsOwn(place) || EntryOf(vector, place.LogIndex) is var entry && place.Offset < Math.Max(entry.Next, entry.First + entry.Taken)).ToList();
        if (!maybeBefore.Exists(place => place.Identity != own.Identity && isWithin(place)))
        {
            return false;
        }

        return maybeBefore.TrueForAll(place =>
            place.Identity != own.Identity && isWithin(place) && (IsOwn(place) || (!isReadAgain && place.Offset < EntryOf(vector, place.LogIndex).Next))) ? true : null;
    }

    private bool IsOfConflict(DeadLetter letter, Place own) =>
        letter.ConflictsWith is { } other && _places[own.Identity.PaymentId].Any(place =>
            place.Identity != own.Identity && place.Offset == other.Offset && _context.Cluster.Logs[place.LogIndex] == new LogId(other.Region, other.Topic, other.Partition));

    private BatchVector.Entry EntryOf(IReadOnlyList<BatchVector.Entry> vector, int logIndex) =>
        vector.Single(entry => new LogId(entry.Region, entry.Topic, entry.Partition) == _context.Cluster.Logs[logIndex]);

    private static DeadLetter? ReadLetter(SimulatedLog.Record letter)
    {
        try
        {
            return DeadLetterJson.Read(letter.Value);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PromiseBrokenException(otherwise);
        }
    }
}
