using System.Globalization;

namespace StreamScoring.Kafka;

/// <summary>What decisions are written with.</summary>
/// <param name="RecordsInFlightMax">More than all batches in flight can hold.</param>
/// <param name="Limits">How large batches on the wire may be.</param>
public sealed record KafkaDecisionSinkOptions(string Decisions, string DeadLetters, TimeSpan Linger, string Compression, int RecordsInFlightMax, BatchLimits Limits)
{
    /// <summary>
    /// Whether headers name the source as older releases did
    /// (<see cref="Contracts.RecordHeaders"/>).
    /// </summary>
    public bool NamesInline { get; init; }

    /// <summary>The settings that follow from these for a producer that is made now.</summary>
    internal (string Name, string Value)[] ProducerSettings =>
    [
        ("acks", "all"),
        ("linger.ms", Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)),
        ("compression.type", Compression),
        // Counted before compression, with framing, and not of a batch's first record.
        ("batch.size", $"{Limits.BatchBytesMax}"),
        ("message.max.bytes", $"{Limits.RecordBytesMax}"),
        // The graph bounds what is in flight by batches; the client's own bounds must not come
        // first.
        ("queue.buffering.max.messages", $"{RecordsInFlightMax}"),
        ("queue.buffering.max.kbytes", "2097151"),
    ];
}
