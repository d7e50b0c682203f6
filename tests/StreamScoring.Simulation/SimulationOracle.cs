using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Scoring;

namespace StreamScoring.Simulation;

/// <summary>
/// Checks the promises of delivery and state from the logs alone: what was published, and what was
/// written. It applies the rule that every reader can apply (keep the highest position of each
/// source log, drop what is not above it), and derives decisions again from the vectors that they
/// carry.
/// </summary>
/// <param name="isCalm">Nothing but links broke in the run, and no process of the region started
/// over.</param>
/// <param name="hasLosses">Records were deleted, or topics made anew: then what a payment saw
/// cannot be derived from the logs any more.</param>
internal sealed class SimulationOracle(SimulationContext context, bool isCalm, bool hasLosses = false)
{
    private int DerivedMax => context.Link is null ? 12 : 6;

    private readonly SimulatedCluster _cluster = context.Cluster;
    private readonly FreshFold _fold = new(context);

    /// <exception cref="PromiseBrokenException">A promise does not hold.</exception>
    public void Check(IReadOnlyList<SimulatedProcess> processes)
    {
        CheckAnswers();
        var (duplicates, conflicts) = (new DuplicateOracle(context), new ConflictOracle(context));
        for (var partition = 0; partition < _cluster.Partitions; partition++)
        {
            if (!hasLosses)
            {
                duplicates.Check(partition);
                conflicts.Check(partition);
            }

            CheckNoCardNumber(_cluster.Decisions[partition]);
            CheckNoCardNumber(_cluster.DeadLetters[partition]);
        }

        if (!hasLosses)
        {
            CheckDerived();
            CheckPolicy();
            new StalenessOracle(context, isCalm).Check();
        }

        foreach (var process in processes)
        {
            CheckState(process);
        }
    }

    /// <summary>
    /// Whoever folded the same logs holds the same state, whichever region it serves.
    /// </summary>
    public static void RequireEqualStates(IReadOnlyList<SimulatedProcess> processes)
    {
        // One that reads a mirror, which repeats records and changes their order, has come
        // elsewhere than one that reads the region itself.
        var watermarkMs = processes.Max(process => SimulatedCopy.Of(process.State).Head!.WatermarkMs);
        var states = processes.Select(process => (process.Name, Digest: SimulatedCopy.DigestOf(process.State, watermarkMs))).ToList();
        Require(states.Select(state => state.Digest).Distinct().Count() <= 1, $"the regions' states differ: {string.Join(", ", states)}");
    }

    /// <exception cref="PromiseBrokenException">Something is not answered, or twice.</exception>
    /// <param name="except">Partitions that wait.</param>
    public void CheckAnswers(params IReadOnlyCollection<int> except)
    {
        for (var partition = 0; partition < _cluster.Partitions; partition++)
        {
            if (!except.Contains(partition))
            {
                CheckAnswers(partition);
            }
        }
    }

    /// <summary>
    /// Every valid payment has one decision that a reader sees, in order; every other record one
    /// dead letter.
    /// </summary>
    private void CheckAnswers(int partition)
    {
        var payments = new LogId(_cluster.Region, "payments", partition);
        var labels = payments with { Topic = "labels" };
        var input = _cluster.Input(payments).Records;
        RequireAnswers(_cluster.Decisions[partition], payments, IsValid, $"decisions of {payments}");
        RequireAnswers(_cluster.DeadLetters[partition], payments, record => !IsValid(record), $"dead letters of {payments}", ConflictOracle.IsBesideDecision);
        RequireCommitted(payments);
        RequireCommitted(labels);
        RequireAnswers(_cluster.DeadLetters[partition], labels, record => !IsValid(record), $"dead letters of {labels}");
        foreach (var record in SeenOf(_cluster.Decisions[partition], payments))
        {
            var decision = DecisionMessagePack.Read(record.Value);
            var payment = PaymentMessagePack.ReadPayment(input[(int)record.SourceOffset].Value);
            Require(decision.PaymentId == payment.PaymentId && decision.Source.ToString() == $"{payments}/{record.SourceOffset}", $"the decision at {payments}/{record.SourceOffset} is of {decision.PaymentId} at {decision.Source}");
        }
    }

    /// <summary>With transactions, what is answered is committed: no more, and no less.</summary>
    private void RequireCommitted(LogId log)
    {
        var (input, committed) = (_cluster.Input(log), _cluster.Committed[_cluster.Logs.IndexOf(log)].Next);
        Require(
            !context.IsTransactional || hasLosses || Math.Max(0, committed) == input.Records.Count,
            $"the group committed {committed} of {input.Records.Count} records of {log}");
    }

    /// <summary>Over all digits, whatever stands between them.</summary>
    private static void CheckNoCardNumber(SimulatedLog log)
    {
        foreach (var record in log.Records)
        {
            byte[] digits = [.. record.Value.Where(value => char.IsAsciiDigit((char)value))];
            Require(digits.AsSpan().IndexOf("4111111111111111"u8) < 0, $"a card number in {Encoding.UTF8.GetString(record.Value)}");
        }
    }

    /// <summary>
    /// The first decision of a batch, derived from the logs and the vector that it carries, is the
    /// same; where one of the two is approximate, within the bounds.
    /// </summary>
    private void CheckDerived()
    {
        var carrying = _cluster.Decisions.SelectMany(log => log.Records).Where(record => record.CarriesVector).ToList();
        var every = Math.Max(1, carrying.Count / DerivedMax);
        for (var i = 0; i < carrying.Count; i += every)
        {
            var decision = DecisionMessagePack.Read(carrying[i].Value);
            var stated = decision.Bounds.ToDictionary(bound => bound.Key, bound => bound.Value ?? double.NaN);
            Require(decision.Flags.Contains("approximate") == stated.Count > 0, $"{carrying[i].Source}/{carrying[i].SourceOffset}: flags {string.Join(",", decision.Flags)} with {stated.Count} bounds");
            var (derived, bounds) = _fold.Derive(BatchVector.Read(carrying[i].Vector), carrying[i].Source, carrying[i].SourceOffset, decision.Flags.Contains("duplicate"));
            for (var feature = 0; feature < derived.Length; feature++)
            {
                if (decision.Features[feature].Key == PipelineSimulation.Unbounded && (stated.Count > 0 || bounds.Any(bound => bound != 0)))
                {
                    continue;
                }

                var written = (double?)decision.Features[feature].Value ?? double.NaN;
                var bound = bounds[feature] + stated.GetValueOrDefault(decision.Features[feature].Key);
                Require(
                    // Not known where a payment came later than events are kept: what it sees
                    // depends on when room was last made.
                    double.IsNaN(bound) || written.Equals(derived[feature]) || Math.Abs(written - derived[feature]) <= bound + (1e-9 * Math.Abs(derived[feature])),
                    $"{carrying[i].Source}/{carrying[i].SourceOffset}: {decision.Features[feature].Key} is {written}, derived {derived[feature]} from {string.Join(", ", BatchVector.Read(carrying[i].Vector))}");
            }

            var raw = SimulatedModel.RawOf(derived);
            Require(
                decision.Flags.Contains("duplicate") || stated.Count > 0 || bounds.Any(bound => bound != 0) || Math.Abs(decision.Probability!.Value - new ScoreCalibration(OutputKind.Logit, []).Probability(raw)) < 1e-9,
                $"{carrying[i].Source}/{carrying[i].SourceOffset}: probability {decision.Probability}");
        }
    }

    private void CheckPolicy()
    {
        if (!context.HasPolicyLog)
        {
            return;
        }

        var oracle = new PolicyOracle(context);
        for (var partition = 0; partition < _cluster.Partitions; partition++)
        {
            oracle.CheckOwners(partition);
            oracle.Check(SeenOf(_cluster.Decisions[partition], new LogId(_cluster.Region, "payments", partition)));
        }
    }

    /// <summary>State equals that of a process that never failed.</summary>
    private void CheckState(SimulatedProcess process)
    {
        Require(process.BatchesRented == 0, $"process {process.Name} holds {process.BatchesRented} batches at the end");
        var vector = process.State.Vector.ToArray();
        for (var logIndex = 0; logIndex < vector.Length; logIndex++)
        {
            var log = _cluster.Input(_cluster.Logs[logIndex]);
            var end = log.Records.Count;
            // Of a log that was emptied there may be nothing to fold.
            Require(vector[logIndex] == end || log.Begin == end || !context.FollowsRegion, $"process {process.Name} folded {_cluster.Logs[logIndex]} up to {vector[logIndex]} of {end}");
        }

        Require(hasLosses || SimulatedCopy.DigestOf(process.State) == SimulatedCopy.DigestOf(_fold.UpTo(vector)), $"process {process.Name} holds another state than a fresh fold");
    }

    /// <summary>
    /// What was deleted may have an answer, if it came early enough; everything else of the topic
    /// that is there now has one.
    /// </summary>
    /// <param name="isBeside">What stands beside a decision is no answer.</param>
    private void RequireAnswers(
        SimulatedLog answers, LogId source, Func<SimulatedLog.Record, bool> isWanted, string what, Func<SimulatedLog.Record, bool>? isBeside = null)
    {
        var log = _cluster.Input(source);
        var seen = SeenOf(answers, source).Where(record => isBeside is null || !isBeside(record)).Select(record => record.SourceOffset).ToList();
        Require(seen, OffsetsOf(log.Records, isWanted).Where(offset => offset >= log.Begin || seen.Contains(offset)), what);
    }

    private IEnumerable<SimulatedLog.Record> SeenOf(SimulatedLog answers, LogId source)
    {
        var (highest, topicId) = (-1L, _cluster.Logs.TopicIdOf(_cluster.Logs.IndexOf(source)));
        foreach (var record in answers.Records.Where(record => record.Source == source && record.SourceTopicId == topicId))
        {
            if (record.SourceOffset > highest)
            {
                highest = record.SourceOffset;
                yield return record;
            }
            else
            {
                Require(!context.IsTransactional, $"{source}/{record.SourceOffset} has more than one committed answer");
            }
        }
    }

    private static IEnumerable<long> OffsetsOf(IReadOnlyList<SimulatedLog.Record> records, Func<SimulatedLog.Record, bool> isWanted) =>
        Enumerable.Range(0, records.Count).Where(offset => isWanted(records[offset])).Select(offset => (long)offset);

    /// <summary>What the publisher meant as rubbish is no MessagePack array.</summary>
    internal static bool IsValid(SimulatedLog.Record record) => record.Value is [(>= 0x90 and <= 0x9f) or 0xdc, ..];

    private static void Require(IEnumerable<long> actual, IEnumerable<long> expected, string what)
    {
        var (left, right) = (actual.ToList(), expected.ToList());
        if (!left.SequenceEqual(right))
        {
            var (lost, extra) = (right.Except(left).ToList(), left.Except(right).ToList());
            throw new PromiseBrokenException($"{what}: lost {string.Join(",", lost)}; too many {string.Join(",", extra)}; {left.Count} of {right.Count}");
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
