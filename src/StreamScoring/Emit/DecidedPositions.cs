using System.Text.Json;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Logs;

namespace StreamScoring.Emit;

/// <summary>
/// What the end of a decisions partition says to whoever takes it over: how far the payments log is
/// decided, and what was decided lately. The truth about what is decided; a committed offset is
/// only a hint.
/// </summary>
/// <remarks>
/// Positions are those of a topic's id. A decision on a topic of another id, of the same name, says
/// nothing: that topic is gone. One that names no id, of an older release or of brokers that tell
/// none, counts where none names ours. One that claims a position that the log does not have was
/// written by somebody else, or is damaged: it moves nothing.
/// </remarks>
/// <param name="payments">The log whose decisions go to the partition.</param>
/// <param name="topicId">The id of its topic; null where it is not known.</param>
/// <param name="end">Behind the log's last record, looked up before the decisions are read but
/// after their own end was.</param>
public sealed class DecidedPositions(LogId payments, string? topicId = null, long end = long.MaxValue)
{
    /// <summary>
    /// Decisions on a former topic after which nobody looks further back for one on this.
    /// </summary>
    private const int FormerMax = 20_000;

    /// <summary>
    /// So many impossible claims, more than there are possible ones, are no stray records: the log
    /// is not what was decided.
    /// </summary>
    private const int ImpossibleMin = 10;

    private readonly Dictionary<long, FirstDecision> _learned = [];
    private readonly Dictionary<LogId, long> _vector = [];
    private long _next;
    private long _nextUnnamed;
    private long _possible;

    /// <summary>False while more decisions, from further back, may say more.</summary>
    public bool IsFound => _next > 0 || _nextUnnamed > 0 || Former >= FormerMax;

    /// <summary>
    /// How far the logs were read that the decisions seen were made by: the furthest position of
    /// each. Empty where none of them names any.
    /// </summary>
    public IReadOnlyDictionary<LogId, long> Vector => _vector;

    /// <summary>Decisions seen, by offset of the payment.</summary>
    public IReadOnlyDictionary<long, FirstDecision> Learned => _learned;

    /// <summary>Decisions on a topic of this name and another id.</summary>
    public int Former { get; private set; }

    /// <summary>Whether all that was found is on a former topic.</summary>
    public bool IsOnlyFormer => Former > 0 && _next == 0 && _nextUnnamed == 0;

    /// <summary>Decisions that claim a position behind the end of the log.</summary>
    public int Impossible { get; private set; }

    /// <summary>The highest of these positions.</summary>
    public long ImpossibleMax { get; private set; }

    /// <summary>
    /// Whether most of what was seen is impossible: then the log has lost its end, or was made
    /// anew.
    /// </summary>
    public bool IsOfAnotherLog => Impossible >= ImpossibleMin && Impossible > _possible;

    /// <summary>
    /// The first offset of the log that is owed an answer: behind its last decision, or behind what
    /// the group committed, as that is acknowledged. Other dead letters do not count: those before
    /// a decision are acknowledged before it is sent (<see cref="DeadLettersFirst"/>), and one
    /// behind the last decision may have overtaken one that was lost.
    /// </summary>
    /// <param name="committed">What the group committed; negative for nothing.</param>
    public long DecideFrom(long committed) => Math.Max(_next > 0 ? _next : _nextUnnamed, committed);

    /// <summary>
    /// Notes a decision, in either form. They may come in any order, and more than once; what is no
    /// decision, or one of another log, is passed over.
    /// </summary>
    public void Note(ReadOnlyMemory<byte> value)
    {
        if (TryRead(value) is not var (source, sourceTopicId, outcome)
            || source.Partition != payments.Partition || source.Topic != payments.Topic || source.Region != payments.Region)
        {
            return;
        }

        var isNamed = topicId is not null && sourceTopicId is not null;
        if (isNamed && sourceTopicId != topicId)
        {
            Former++;
            return;
        }

        if (source.Offset < 0 || source.Offset >= end)
        {
            Impossible++;
            ImpossibleMax = Math.Max(ImpossibleMax, source.Offset);
            return;
        }

        _possible++;
        ref var next = ref isNamed ? ref _next : ref _nextUnnamed;
        next = Math.Max(next, source.Offset + 1);
        if (outcome is { } known && TryParse(known) is { } first)
        {
            // Of a position that was written twice the first copy counts.
            _learned.TryAdd(source.Offset, first);
        }
    }

    /// <summary>Notes the vector that a decision carries as a header
    /// (<see cref="RecordHeaders.Vector"/>).</summary>
    public void NoteVector(ReadOnlyMemory<byte> header)
    {
        try
        {
            foreach (var entry in BatchVector.Read(header))
            {
                var log = new LogId(entry.Region, entry.Topic, entry.Partition);
                _vector[log] = Math.Max(_vector.GetValueOrDefault(log), entry.Next);
            }
        }
        catch (MessagePackSerializationException)
        {
            // Of another release, or damaged: it says nothing.
        }
    }

    private static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome)? TryRead(ReadOnlyMemory<byte> value)
    {
        try
        {
            return value.IsEmpty ? null : value.Span[0] == (byte)'{' ? OfJson(value) : DecisionMessagePack.ReadOutcome(value);
        }
        catch (Exception e) when (e is MessagePackSerializationException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static (DecisionSource, string?, DecisionOutcome?) OfJson(ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        var (root, source) = (document.RootElement, document.RootElement.GetProperty("source"));
        return (
            new DecisionSource(source.GetProperty("region").GetString()!, source.GetProperty("topic").GetString()!, source.GetProperty("partition").GetInt32(), source.GetProperty("offset").GetInt64()),
            source.TryGetProperty("topic_id", out var id) ? id.GetString() : null,
            new DecisionOutcome(root.GetProperty("action").GetString()!, root.GetProperty("score").GetInt32(), root.GetProperty("level").GetString()!, NumberOf(root, "probability"), NumberOf(root, "raw")));
    }

    /// <returns>Null for words that this release does not know: its payment, should it come again,
    /// is decided anew.</returns>
    private static FirstDecision? TryParse(in DecisionOutcome outcome) =>
        Enum.TryParse<RiskLevel>(outcome.Level, ignoreCase: true, out var level) && Enum.TryParse<DecisionAction>(outcome.Action, ignoreCase: true, out var action)
            ? new FirstDecision(outcome.Probability ?? double.NaN, outcome.Raw ?? double.NaN, (byte)outcome.Score, level, action)
            : null;

    private static double NumberOf(JsonElement root, string name) =>
        root.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN;
}
