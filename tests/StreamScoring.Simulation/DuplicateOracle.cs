using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// Works out from the logs which decisions must be flagged as duplicates, and which may not be.
/// </summary>
internal sealed class DuplicateOracle
{
    private readonly SimulationContext _context;
    private readonly long _windowMs;

    /// <summary>Where the payments of all logs that the region reads stand.</summary>
    private readonly ILookup<PaymentIdentity, (int LogIndex, long Offset, long TimestampMs)> _places;

    public DuplicateOracle(SimulationContext context)
    {
        (_context, _windowMs) = (context, (long)context.Idempotency.Window.TotalMilliseconds);
        var logs = context.Cluster.Logs;
        _places = Enumerable.Range(0, logs.Count).Where(logIndex => logs.KindOf(logIndex) == LogKind.Payments)
            .SelectMany(logIndex => context.Cluster.Input(logs[logIndex]).Records.Select((record, offset) => (record, logIndex, offset)))
            .Where(place => SimulationOracle.IsValid(place.record))
            .ToLookup(place => PaymentIdentity.Of(PaymentMessagePack.ReadPayment(place.record.Value)), place => (place.logIndex, (long)place.offset, place.record.TimestampMs));
    }

    /// <summary>
    /// A payment that was published before, within the window, has the flag and an outcome that its
    /// first record was given. One that went to another region has the flag where that copy was in
    /// the state.
    /// </summary>
    /// <exception cref="PromiseBrokenException">A flag is wrong.</exception>
    public void Check(int partition)
    {
        var log = new LogId(_context.Cluster.Region, "payments", partition);
        var logIndex = _context.Cluster.Logs.IndexOf(log);
        var copies = _context.Cluster.Decisions[partition].Records.ToLookup(record => record.SourceOffset, record => (Decision: DecisionMessagePack.Read(record.Value), record.Vector));
        var first = new Dictionary<PaymentIdentity, (long Offset, long TimestampMs)>();
        var input = _context.Cluster.Input(log).Records;
        for (var offset = 0; offset < input.Count; offset++)
        {
            if (!SimulationOracle.IsValid(input[offset]))
            {
                continue;
            }

            var payment = PaymentIdentity.Of(PaymentMessagePack.ReadPayment(input[offset].Value));
            var isDuplicate = first.TryGetValue(payment, out var known)
                && AreWithin(_windowMs, input[offset].TimestampMs, known.TimestampMs) && IsRemembered(_windowMs, input, known.Offset, offset);
            if (!isDuplicate)
            {
                first[payment] = (offset, input[offset].TimestampMs);
            }

            var elsewhere = _places[payment].Where(place => place.LogIndex != logIndex && AreWithin(_windowMs, place.TimestampMs, input[offset].TimestampMs)).ToList();
            foreach (var (decision, vector) in copies[offset])
            {
                var isFlagged = decision.Flags.Contains("duplicate");
                var mustBe = isDuplicate ? true : MustBeDuplicate(BatchVector.Read(vector), logIndex, offset, elsewhere);
                Require(mustBe is null || isFlagged == mustBe, $"{log}/{offset}: flags {string.Join(",", decision.Flags)}, duplicate {mustBe}; copies {string.Join(" ", elsewhere)}");
                Require(
                    !isDuplicate || copies[known.Offset].Any(other => Outcome(other.Decision) == Outcome(decision)),
                    $"{log}/{offset} repeats {known.Offset} with another outcome: {decision.Action} {decision.Probability}");
            }
        }
    }

    public static bool AreWithin(long windowMs, long leftMs, long rightMs) => Int128.Abs((Int128)leftMs - rightMs) <= windowMs;

    /// <summary>
    /// A log's time is the greatest of its blocks' least timestamps. A payment is remembered until
    /// that is a window past where it stood when the block behind the payment's was over.
    /// </summary>
    public static bool IsRemembered(long windowMs, IReadOnlyList<SimulatedLog.Record> log, long payment, long now)
    {
        const int block = SimulationContext.ClockBlockRecords;
        var stoodMs = TimeAt((payment / block) + 2);
        return stoodMs is null || TimeAt(now / block) is not { } nowMs || nowMs - stoodMs <= windowMs;

        long? TimeAt(long blocks) => blocks < 1 || blocks > now / block ? null
            : Enumerable.Range(0, (int)blocks).Max(i => log.Skip(i * block).Take(block).Min(record => record.TimestampMs));
    }

    private static (string, int, double?, double?) Outcome(DecisionRecord decision) => (decision.Action, decision.Score, decision.Probability, decision.Raw);

    /// <summary>
    /// Whether a payment that is the first in its log is a duplicate of one in another.
    /// </summary>
    /// <returns>Null where it may be either: the batch has both, or the state had both when it was
    /// read again, and the logs do not say which came first.</returns>
    private bool? MustBeDuplicate(IReadOnlyList<BatchVector.Entry> vector, int logIndex, long offset, List<(int LogIndex, long Offset, long TimestampMs)> elsewhere)
    {
        bool? mustBe = false;
        var isReadAgain = offset < Entry(vector, logIndex).Next;
        foreach (var place in elsewhere)
        {
            var entry = Entry(vector, place.LogIndex);
            if (place.Offset < entry.Next && !isReadAgain)
            {
                return true;
            }

            if (place.Offset < Math.Max(entry.Next, entry.First + entry.Taken))
            {
                mustBe = null;
            }
        }

        return mustBe;
    }

    private BatchVector.Entry Entry(IReadOnlyList<BatchVector.Entry> vector, int logIndex) =>
        vector.Single(entry => new LogId(entry.Region, entry.Topic, entry.Partition) == _context.Cluster.Logs[logIndex]);

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PromiseBrokenException(otherwise);
        }
    }
}
