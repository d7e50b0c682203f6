using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Kafka;

/// <summary>
/// Where the decisions of a partition end: read when it is taken over. The latest of them are
/// learned in the background meanwhile, so that a payment that is published again gets its first
/// decision back from the new owner too.
/// </summary>
internal sealed class DecidedTail(KafkaConnection connection, KafkaLogSourceOptions options, ILogger logger) : IDisposable
{
    /// <summary>
    /// Decisions that are looked at for the end. One of the log would do, were there no former
    /// owners that write behind it.
    /// </summary>
    private const long DecisionsLookedAt = 1_000;

    /// <summary>
    /// Every batch has at most <see cref="PaymentBatch.RowsCeiling"/>, and its first one says by
    /// which policy; decisions that say nothing are of an older release.
    /// </summary>
    private const long DecisionsLookedAtForPolicy = 20_000;

    private readonly DecisionsLearner? _learner = options.Firsts is { } firsts ? new DecisionsLearner(connection, firsts) : null;

    // Held, as most of the time of a take-over would go into connecting.
    private readonly Lazy<DecisionsReader> _committed = new(() => new DecisionsReader(connection, readsCommitted: true, readsVectors: options.Coverage.Logs.PolicyLogs.Any()));
    private readonly Lazy<DecisionsReader> _uncommitted = new(() => new DecisionsReader(connection, readsCommitted: false));

    /// <summary>By log index, between the commands of one takeover.</summary>
    private Dictionary<int, DecisionsEnd> _ends = [];

    /// <summary>
    /// For each log of these payments partitions, the first offset that is owed an answer, for a
    /// process that is in no group: nothing is committed, and what cannot be read is not asked for
    /// again.
    /// </summary>
    /// <param name="isStopping">Ends it early where no answer comes: brokers that are away, or a
    /// topic that is gone, keep it busy for half a minute.</param>
    /// <exception cref="KafkaFailedException">The topics cannot be read, or not yet.</exception>
    /// <exception cref="PositionBeyondEndException">More is decided than is in the log.</exception>
    public IReadOnlyList<MembershipCommand.Own> DecideFrom(IReadOnlyList<int> partitions, LogTable logs, Func<bool> isStopping)
    {
        var membership = new Membership(logs, new MembershipRules { CommitsOffsets = false });
        var owned = new List<MembershipCommand.Own>();
        var facts = new Queue<MembershipFact>(
            [new MembershipFact.Assigned(partitions, ""), new MembershipFact.Progressed([.. Enumerable.Repeat(new LogProgress(0, IsDrained: true), logs.Count)])]);
        while (facts.TryDequeue(out var fact))
        {
            foreach (var command in membership.On(fact))
            {
                switch (command)
                {
                    case MembershipCommand.ReadCommitted read:
                        facts.Enqueue(new MembershipFact.CommittedRead(read.Takeover, new Dictionary<int, CommittedOffset>()));
                        break;
                    case MembershipCommand.Read read:
                        facts.Enqueue(Answer(read, logs, isStopping));
                        break;
                    case MembershipCommand.AskAgain again:
                        throw new KafkaFailedException(ReasonOf(again, logs));
                    case MembershipCommand.IgnoreClaims claims:
                        Ignore(claims, logs);
                        break;
                    case MembershipCommand.Fail { Why: MembershipFailure.BeyondEnd beyond }:
                        throw FailureOf(beyond, logs);
                    case MembershipCommand.Own own:
                        owned.Add(own);
                        break;
                }
            }
        }

        return owned;
    }

    /// <summary>
    /// Reads what a takeover has to know, but for what the group committed. By one thread at a
    /// time.
    /// </summary>
    /// <inheritdoc cref="DecideFrom"/>
    public MembershipFact Answer(MembershipCommand.Read read, LogTable logs, Func<bool> isStopping)
    {
        try
        {
            return read switch
            {
                MembershipCommand.ReadDecisionsEnds => new MembershipFact.DecisionsEndsRead(read.Takeover, OpenOf(read.Logs, logs, isStopping)),
                MembershipCommand.ReadLogEnds => new MembershipFact.LogEndsRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex => EndOf(logs[logIndex], isStopping))),
                MembershipCommand.ReadTail tail => new MembershipFact.TailRead(read.Takeover, DecidedOf(tail, logs, isStopping)),
                _ => throw new ArgumentException($"{read} is for somebody else to read", nameof(read)),
            };
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: the end of {options.Decisions} cannot be read: {e.Error.Reason}", e);
        }
    }

    /// <summary>Why a takeover asks again, in words.</summary>
    public string ReasonOf(MembershipCommand.AskAgain again, LogTable logs) =>
        again.Error?.Message ?? $"{connection}: a transaction on {options.Decisions}/{logs[again.Open[0]].Partition} is still open";

    /// <summary>That a log ends before a position that is known of it, in words.</summary>
    public PositionBeyondEndException FailureOf(MembershipFailure.BeyondEnd beyond, LogTable logs)
    {
        var log = logs[beyond.LogIndex];
        return new PositionBeyondEndException(
            log, beyond.End, beyond.Position, beyond.IsCommitted ? $"the group {options.Group?.Name} committed" : $"{options.Decisions}/{log.Partition} holds decisions up to",
            $"If it was made anew, make {options.Decisions} anew too, and delete the group's offsets");
    }

    /// <summary>Counts claims that are left out, and says so.</summary>
    public void Ignore(MembershipCommand.IgnoreClaims claims, LogTable logs)
    {
        var log = logs[claims.LogIndex];
        options.Positions?.Ignored(log, claims.Count);
        logger.ClaimsAreIgnored(options.Decisions, log.Partition, claims.Count, log, claims.Highest, claims.End);
    }

    public void Dispose()
    {
        _learner?.Dispose();
        foreach (var reader in new[] { _committed, _uncommitted }.Where(reader => reader.IsValueCreated))
        {
            reader.Value.Dispose();
        }
    }

    private long EndOf(LogId log, Func<bool> isStopping) => _uncommitted.Value.WatermarksOf(new TopicPartition(log.Topic, log.Partition), isStopping).High.Value;

    /// <returns>Those on whose decisions a transaction is open.</returns>
    private List<int> OpenOf(IReadOnlyList<int> payments, LogTable logs, Func<bool> isStopping)
    {
        _ends = [];
        var open = new List<int>();
        foreach (var logIndex in payments)
        {
            var decisions = new TopicPartition(options.Decisions, logs[logIndex].Partition);
            var written = _uncommitted.Value.WatermarksOf(decisions, isStopping).High;
            var watermarks = _committed.Value.WatermarksOf(decisions, isStopping);
            _ends[logIndex] = new DecisionsEnd(decisions, watermarks.Low.Value, watermarks.High.Value);
            if (watermarks.High < written)
            {
                open.Add(logIndex);
                break;
            }
        }

        return open;
    }

    private Dictionary<int, DecidedPositions> DecidedOf(MembershipCommand.ReadTail tail, LogTable logs, Func<bool> isStopping)
    {
        var ends = _ends.Where(end => tail.Logs.Contains(end.Key)).ToDictionary();
        // Before the first of them is decided here; nobody decides meanwhile.
        _learner?.Learn([.. ends.Select(end => (end.Key, NewPositions(end.Key), end.Value))]);
        var decided = ends.Keys.ToDictionary(logIndex => logIndex, NewPositions);
        Look(ends, decided, isStopping);
        return decided;

        DecidedPositions NewPositions(int logIndex) => new(logs[logIndex], logs.TopicIdOf(logIndex), tail.LogEnds[logIndex]);
    }

    /// <summary>
    /// Reads the last decisions; where none of them is of the log, steps back until one is, or the
    /// topic's start is reached. Where logs change the policy, until one says by which it was made.
    /// </summary>
    private void Look(IReadOnlyDictionary<int, DecisionsEnd> ends, Dictionary<int, DecidedPositions> decided, Func<bool> isStopping)
    {
        var from = ends.ToDictionary(end => end.Key, end => end.Value.High);
        for (var step = DecisionsLookedAt; ; step *= 2)
        {
            var stretches = new List<DecisionsStretch>();
            foreach (var (logIndex, end) in ends.Where(end => !IsEnough(decided[end.Key], end.Value.High - from[end.Key]) && from[end.Key] > end.Value.Low))
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

    /// <param name="looked">Records that were looked at.</param>
    private bool IsEnough(DecidedPositions decided, long looked) =>
        decided.IsFound && (decided.Vector.Count > 0 || looked >= DecisionsLookedAtForPolicy || !options.Coverage.Logs.PolicyLogs.Any());
}
