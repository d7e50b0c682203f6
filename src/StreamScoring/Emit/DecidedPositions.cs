using System.Text.Json;
using MessagePack;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Regions;

namespace StreamScoring.Emit;

/// <summary>
/// What the end of a decisions partition says to whoever takes it over: how far the payments log is decided, and what was decided lately.
/// The truth about what is decided; a committed offset is only a hint.
/// </summary>
/// <param name="payments">The log whose decisions go to the partition.</param>
public sealed class DecidedPositions(LogId payments)
{
    private readonly Dictionary<long, FirstDecision> _learned = [];
    private long _next;

    /// <summary>False while no decision of the log was seen.</summary>
    public bool IsFound => _next > 0;

    /// <summary>Decisions seen, by offset of the payment.</summary>
    public IReadOnlyDictionary<long, FirstDecision> Learned => _learned;

    /// <summary>
    /// The first offset of the log that is owed an answer: behind its last decision, or behind what the group committed, as that is acknowledged.
    /// Other dead letters do not count: those before a decision are acknowledged before it is sent (<see cref="DeadLettersFirst"/>), and one
    /// behind the last decision may have overtaken one that was lost.
    /// </summary>
    /// <param name="committed">What the group committed; negative for nothing.</param>
    public long DecideFrom(long committed) => Math.Max(_next, committed);

    /// <summary>Notes a decision, in either form. They may come in any order, and more than once; what is no decision, or one of another log, is passed over.</summary>
    public void Note(ReadOnlyMemory<byte> value)
    {
        if (TryRead(value) is not var (source, outcome) || source.Partition != payments.Partition || source.Topic != payments.Topic || source.Region != payments.Region)
        {
            return;
        }

        _next = Math.Max(_next, source.Offset + 1);
        if (outcome is { } known && TryParse(known) is { } first)
        {
            // Of a position that was written twice the first copy counts.
            _learned.TryAdd(source.Offset, first);
        }
    }

    private static (DecisionSource Source, DecisionOutcome? Outcome)? TryRead(ReadOnlyMemory<byte> value)
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

    private static (DecisionSource, DecisionOutcome?) OfJson(ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        var (root, source) = (document.RootElement, document.RootElement.GetProperty("source"));
        return (
            new DecisionSource(source.GetProperty("region").GetString()!, source.GetProperty("topic").GetString()!, source.GetProperty("partition").GetInt32(), source.GetProperty("offset").GetInt64()),
            new DecisionOutcome(root.GetProperty("action").GetString()!, root.GetProperty("score").GetInt32(), root.GetProperty("level").GetString()!, NumberOf(root, "probability"), NumberOf(root, "raw")));
    }

    /// <returns>Null for words that this release does not know: its payment, should it come again, is decided anew.</returns>
    private static FirstDecision? TryParse(in DecisionOutcome outcome) =>
        Enum.TryParse<RiskLevel>(outcome.Level, ignoreCase: true, out var level) && Enum.TryParse<DecisionAction>(outcome.Action, ignoreCase: true, out var action)
            ? new FirstDecision(outcome.Probability ?? double.NaN, outcome.Raw ?? double.NaN, (byte)outcome.Score, level, action)
            : null;

    private static double NumberOf(JsonElement root, string name) =>
        root.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN;
}
