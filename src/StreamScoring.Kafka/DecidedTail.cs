using Confluent.Kafka;
using StreamScoring.Emit;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Where the decisions of a partition end: read when it is taken over. The latest of them are learned in the background meanwhile, so that a payment
/// that is published again gets its first decision back from the new owner too.
/// </summary>
/// <remarks>
/// With transactional delivery what the group committed, in its stable form, is the truth: the offset is committed with the decisions, and they may
/// become readable a moment after it, which is waited for. Decisions behind it count all the same, as idempotent delivery may have written them, or the offset expired.
/// </remarks>
internal sealed class DecidedTail(KafkaConnection connection, KafkaLogSourceOptions options, Action<string> notice) : IDisposable
{
    /// <summary>Decisions that are looked at for the end. One of the log would do, were there no former owners that write behind it.</summary>
    private const long DecisionsLookedAt = 1_000;

    private readonly DecisionsLearner? _learner = options.Firsts is { } firsts ? new DecisionsLearner(connection, firsts) : null;

    // Held, as most of the time of a take-over would go into connecting.
    private readonly Lazy<DecisionsReader> _committed = new(() => new DecisionsReader(connection, readsCommitted: true));
    private readonly Lazy<DecisionsReader> _uncommitted = new(() => new DecisionsReader(connection, readsCommitted: false));

    /// <summary>
    /// For each log of these payments partitions, the first offset that is owed an answer. Of labels nothing but dead letters is written, so
    /// what the group committed counts: what lies behind is looked at again, and its dead letters are repeated. By one thread at a time.
    /// </summary>
    /// <param name="committed">By log index: what the group committed.</param>
    /// <param name="isStopping">Ends it early where no answer comes: brokers that are away, or a topic that is gone, keep it busy for half a minute.</param>
    /// <exception cref="KafkaFailedException">The topics cannot be read, or not yet.</exception>
    /// <exception cref="PositionBeyondEndException">More is decided, or committed, than is in the log.</exception>
    public IReadOnlyList<(int LogIndex, long DecideFrom)> DecideFrom(
        IReadOnlyCollection<int> partitions, LogTable logs, Func<int, CommittedOffset> committed, Func<bool> isStopping)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        var owned = Enumerable.Range(0, logs.Count).Where(logIndex => partitions.Contains(logs.OwnedWith(logIndex))).ToList();
        try
        {
            var ends = owned.Where(logIndex => logs.KindOf(logIndex) == LogKind.Payments)
                .ToDictionary(logIndex => logIndex, logIndex => EndOf(new TopicPartition(options.Decisions, logs[logIndex].Partition), isStopping));
            // After the ends of the decisions: what is decided up to there is on records that are in the logs by now.
            var logEnds = owned.ToDictionary(logIndex => logIndex, logIndex => EndOf(logs[logIndex], isStopping));
            // Before the first of them is decided here; nobody decides meanwhile.
            _learner?.Learn([.. ends.Select(end => (end.Key, NewPositions(end.Key), end.Value))]);
            var decided = ends.Keys.ToDictionary(logIndex => logIndex, NewPositions);
            Look(ends, decided, isStopping);
            return [.. owned.Select(logIndex => (logIndex, Math.Max(0, DecideFromOf(logIndex))))];

            DecidedPositions NewPositions(int logIndex) => new(logs[logIndex], logs.TopicIdOf(logIndex), logEnds[logIndex]);

            long DecideFromOf(int logIndex)
            {
                var next = committed(logIndex).NextOf(logs.TopicIdOf(logIndex));
                if (next > logEnds[logIndex])
                {
                    throw new PositionBeyondEndException(logs[logIndex], logEnds[logIndex], next, $"the group {options.Group?.Name} committed", WhatToDo);
                }

                return decided.TryGetValue(logIndex, out var positions) ? DecideFromOfPayments(logs[logIndex], logEnds[logIndex], positions, next, committed(logIndex).TopicId.Length > 0) : next;
            }
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: the end of {options.Decisions} cannot be read: {e.Error.Reason}", e);
        }
    }

    public void Dispose()
    {
        _learner?.Dispose();
        foreach (var reader in new[] { _committed, _uncommitted }.Where(reader => reader.IsValueCreated))
        {
            reader.Value.Dispose();
        }
    }

    private string WhatToDo => $"If it was made anew, make {options.Decisions} anew too, and delete the group's offsets";

    private long DecideFromOfPayments(LogId log, long end, DecidedPositions positions, long committed, bool isCommitNamed)
    {
        if (positions.IsOfAnotherLog)
        {
            throw new PositionBeyondEndException(log, end, positions.ImpossibleMax, $"{options.Decisions}/{log.Partition} holds decisions up to", WhatToDo);
        }

        if (positions.IsOnlyFormer && !isCommitNamed)
        {
            // A transaction that was on its way when the topic was made anew: of the new one something would be decided.
            committed = -1;
        }

        if (positions.Impossible > 0)
        {
            options.Positions?.Ignored(log, positions.Impossible);
            notice($"{options.Decisions}/{log.Partition}: {positions.Impossible} records claim decisions on {log} up to offset {positions.ImpossibleMax}, which ends at {end}; they are ignored");
        }

        return positions.DecideFrom(committed);
    }

    private long EndOf(LogId log, Func<bool> isStopping) => _uncommitted.Value.WatermarksOf(new TopicPartition(log.Topic, log.Partition), isStopping).High.Value;

    /// <exception cref="KafkaFailedException">Some of its decisions are not to be read yet.</exception>
    private DecisionsEnd EndOf(TopicPartition decisions, Func<bool> isStopping)
    {
        var written = _uncommitted.Value.WatermarksOf(decisions, isStopping).High;
        var watermarks = _committed.Value.WatermarksOf(decisions, isStopping);
        return watermarks.High >= written ? new DecisionsEnd(decisions, watermarks.Low.Value, watermarks.High.Value)
            // Its offsets may be committed before its decisions can be read, and the latest of them would not be learned.
            : throw new KafkaFailedException($"{connection}: a transaction on {decisions.Topic}/{decisions.Partition.Value} is still open");
    }

    /// <summary>Reads the last decisions; where none of them is of the log, steps back until one is, or the topic's start is reached.</summary>
    private void Look(IReadOnlyDictionary<int, DecisionsEnd> ends, Dictionary<int, DecidedPositions> decided, Func<bool> isStopping)
    {
        var from = ends.ToDictionary(end => end.Key, end => end.Value.High);
        for (var step = DecisionsLookedAt; ; step *= 2)
        {
            var stretches = new List<DecisionsStretch>();
            foreach (var (logIndex, end) in ends.Where(end => !decided[end.Key].IsFound && from[end.Key] > end.Value.Low))
            {
                var through = from[logIndex];
                from[logIndex] = Math.Max(end.Low, through - step);
                stretches.Add(new DecisionsStretch(end.Partition, from[logIndex], through, decided[logIndex]));
            }

            if (stretches.Count == 0)
            {
                return;
            }

            _committed.Value.Read(stretches, isStopping);
        }
    }
}
