using Confluent.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// A stretch of all logs. Its bounds are times of records, ms since the Unix epoch: offsets alone
/// would not do, as a broker that is asked for the offset of a time also counts the marks that end
/// transactions, and these are stamped when they are written.
/// </summary>
/// <param name="Start">By log index: the first offset that is read.</param>
/// <param name="End">By log index: behind the last offset that is read.</param>
/// <param name="FromMs">Records that are stamped before it are only folded.</param>
/// <param name="UntilMs">So are those that are stamped at this time or later; with the first one
/// behind which all are, the log ends.</param>
public sealed record LogRange(IReadOnlyList<long> Start, IReadOnlyList<long> End, long FromMs, long UntilMs)
{
    /// <summary>
    /// By log index: behind the last record that there is, where a transaction is open whose
    /// records, and all behind them, are not read; else as <see cref="End"/>.
    /// </summary>
    public required IReadOnlyList<long> Written { get; init; }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks the brokers of all logs where to begin, and where the logs end now.</summary>
    /// <param name="connectionOf">By the region where logs are read.</param>
    /// <param name="readFromMs">All records that are stamped at this time or later are read; null:
    /// all that there are.</param>
    /// <exception cref="KafkaFailedException">A log's leader does not answer.</exception>
    public static LogRange Find(LogTable logs, Func<string, KafkaConnection> connectionOf, long? readFromMs, long fromMs, long untilMs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        ArgumentNullException.ThrowIfNull(connectionOf);
        var (start, end, written) = (new long[logs.Count], new long[logs.Count], new long[logs.Count]);
        foreach (var region in Enumerable.Range(0, logs.Count).GroupBy(logIndex => logs[logIndex].Region, StringComparer.Ordinal))
        {
            var connection = connectionOf(region.Key);
            var partitions = region.ToDictionary(logIndex => new TopicPartition(logs[logIndex].Topic, logs[logIndex].Partition));
            // What is not committed yet is not read.
            using var offsets = new EndOffsets(connection, IsolationLevel.ReadCommitted);
            using var all = new EndOffsets(connection, IsolationLevel.ReadUncommitted);
            var (first, last, whole) = (Ask(offsets, EndOffsets.First), Ask(offsets, EndOffsets.Last), Ask(all, EndOffsets.Last));
            var later = readFromMs is { } ms ? Ask(offsets, Math.Max(ms, 0)) : first;
            foreach (var (partition, logIndex) in partitions)
            {
                (end[logIndex], written[logIndex]) = (Told(last, partition), Told(whole, partition));
                // A log without a record of that time or a later one is not told of.
                start[logIndex] = readFromMs is null ? Told(first, partition) : later.TryGetValue(partition, out var offset) ? Math.Min(offset, end[logIndex]) : end[logIndex];
            }

            IReadOnlyDictionary<TopicPartition, long> Ask(EndOffsets of, long which) => of.Ask([.. partitions.Keys], which, Patience);

            long Told(IReadOnlyDictionary<TopicPartition, long> told, TopicPartition partition) => told.TryGetValue(partition, out var offset) ? offset
                : throw new KafkaFailedException($"{connection}: {partition.Topic}/{partition.Partition.Value} cannot be looked at; is the broker up, and may this user read the topic?");
        }

        return new LogRange(start, end, fromMs, untilMs) { Written = written };
    }
}
