using System.Globalization;

namespace StreamScoring.Kafka;

/// <summary>What decisions are written with.</summary>
/// <param name="RecordsInFlightMax">More than all batches in flight can hold.</param>
public sealed record KafkaDecisionSinkOptions(string Decisions, string DeadLetters, TimeSpan Linger, string Compression, int RecordsInFlightMax)
{
    /// <summary>The producer's settings that follow from these.</summary>
    internal (string Name, string Value)[] ProducerSettings =>
    [
        ("acks", "all"),
        ("linger.ms", Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)),
        ("compression.type", Compression),
        // The graph bounds what is in flight by batches; the client's own bounds must not come first.
        ("queue.buffering.max.messages", $"{RecordsInFlightMax}"),
        ("queue.buffering.max.kbytes", "2097151"),
    ];
}
