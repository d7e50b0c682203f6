using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Judges a pipeline by its logs alone: what was published and what was answered. Shares no code with it but the wire forms.
/// </summary>
public sealed class DecisionOracle
{
    /// <summary>Features are sums of integers and one division.</summary>
    private const double RelativeError = 1e-9;

    private readonly Logs _logs;
    private readonly long _windowMs;
    private readonly bool _isTransactional;
    private readonly Violations _violations = new();
    private readonly Dictionary<(int Partition, long Offset), List<DecisionRecord>> _copies = [];
    private int _duplicates;
    private int _recounted;

    private DecisionOracle(Logs logs, long windowMs, bool isTransactional) => (_logs, _windowMs, _isTransactional) = (logs, windowMs, isTransactional);

    /// <param name="idempotencyWindow">How long, by the timestamps of its log, a payment that comes again is known.</param>
    /// <param name="isTransactional">The logs hold what was committed, and each answer is to stand in them once, without any rule for readers.</param>
    public static Verdict Judge(Logs logs, TimeSpan idempotencyWindow, bool isTransactional = false) =>
        new DecisionOracle(logs, (long)idempotencyWindow.TotalMilliseconds, isTransactional).Judge();

    private Verdict Judge()
    {
        RequireSamePartition("decision", _logs.Decisions);
        RequireSamePartition("dead letter", _logs.DeadLetters);
        var (decisions, decisionsDropped) = VisibleRecords.Of(_logs.Decisions);
        var (deadLetters, deadLettersDropped) = VisibleRecords.Of(_logs.DeadLetters);
        RequireAnswers("payment without a visible decision", "decision without its payment", "payments", _logs.Payments, Expect.Decision, decisions);
        RequireAnswers("invalid record without a visible dead letter", "dead letter without its record", "payments", _logs.Payments, Expect.DeadLetter, deadLetters);
        RequireAnswers("invalid record without a visible dead letter", "dead letter without its record", "labels", _logs.Labels, Expect.DeadLetter, deadLetters);
        if (_isTransactional && decisionsDropped + deadLettersDropped > 0)
        {
            var again = _logs.Decisions.Concat(_logs.DeadLetters).GroupBy(record => record.Source!.Value).FirstOrDefault(copies => copies.Count() > 1);
            _violations.Add(
                "answers that a read_committed reader sees again, or out of order",
                $"{decisionsDropped} decisions, {deadLettersDropped} dead letters{(again is null ? "" : $", {again.Key} at {string.Join(" and ", again.Select(Place))}")}");
        }

        ReadCopies();
        RequireContents(decisions);
        return new Verdict(
            _logs.Payments.Count(record => record.Expect == Expect.Decision),
            _logs.Payments.Concat(_logs.Labels).Count(record => record.Expect == Expect.DeadLetter),
            _duplicates, _logs.Decisions.Count, _logs.DeadLetters.Count, decisionsDropped + deadLettersDropped, _recounted, _violations.ToList());
    }

    private void RequireSamePartition(string what, IEnumerable<LogRecord> records)
    {
        foreach (var record in records.Where(record => record.Source!.Value.Partition != record.Partition))
        {
            _violations.Add($"{what} in a partition that is not its source's", $"{record.Source} in partition {record.Partition}");
        }
    }

    /// <summary>The visible answers of a log are those that are owed: all, each once, in order.</summary>
    private void RequireAnswers(string missing, string tooMany, string topic, IReadOnlyList<LogRecord> inputs, Expect expect, List<LogRecord> answers)
    {
        foreach (var partition in inputs.Select(input => input.Partition).Distinct())
        {
            var owed = inputs.Where(input => input.Partition == partition && input.Expect == expect).Select(input => input.Offset).ToList();
            // The rule lets through rising positions only, so equal sets are equal sequences.
            var given = answers.Where(answer => answer.Source!.Value.Topic == topic && answer.Source!.Value.Partition == partition)
                .Select(answer => answer.Source!.Value.Offset).ToHashSet();
            foreach (var offset in owed.Where(offset => !given.Contains(offset)))
            {
                _violations.Add(missing, $"{topic}/{partition}/{offset}{Neighbours(topic, partition, offset, answers)}");
            }

            foreach (var offset in given.Except(owed))
            {
                _violations.Add(tooMany, $"{topic}/{partition}/{offset}");
            }
        }
    }

    /// <summary>Where the answers around a missing one stand, and when they were written: who owned the partition then says its log.</summary>
    private static string Neighbours(string topic, int partition, long offset, List<LogRecord> answers)
    {
        var ofLog = answers.Where(answer => answer.Source!.Value.Topic == topic && answer.Source!.Value.Partition == partition).ToList();
        var (before, after) = (ofLog.LastOrDefault(answer => answer.Source!.Value.Offset < offset), ofLog.FirstOrDefault(answer => answer.Source!.Value.Offset > offset));
        return $" (the answer before it stands at {Place(before)}, the one behind it at {Place(after)})";
    }

    private static string Place(LogRecord? answer) => answer is null ? "none" : $"{answer.Offset}, {DateTimeOffset.FromUnixTimeMilliseconds(answer.TimestampMs):HH:mm:ss.fff}";

    /// <summary>All copies of each decision, also those that no reader sees: a repeat of a payment may carry the outcome of any.</summary>
    private void ReadCopies()
    {
        foreach (var record in _logs.Decisions)
        {
            var decision = DecisionMessagePack.Read(record.Value);
            var (partition, offset) = (record.Source!.Value.Partition, record.Source!.Value.Offset);
            if ((decision.Source.Partition, decision.Source.Offset) != (partition, offset))
            {
                _violations.Add("decision whose headers name another position than its content", $"payments/{partition}/{offset}");
            }

            if (!_copies.TryGetValue((partition, offset), out var copies))
            {
                _copies[(partition, offset)] = copies = [];
            }

            copies.Add(decision);
        }
    }

    private void RequireContents(List<LogRecord> visible)
    {
        var decisions = visible.ToDictionary(record => (record.Source!.Value.Partition, record.Source!.Value.Offset), record => DecisionMessagePack.Read(record.Value));
        foreach (var log in _logs.Payments.GroupBy(record => record.Partition))
        {
            var recount = new CustomerRecount();
            var firsts = new Dictionary<string, (long Offset, long TimestampMs)>();
            var newestMs = long.MinValue;
            foreach (var record in log)
            {
                newestMs = Math.Max(newestMs, record.TimestampMs);
                if (record.Expect != Expect.Decision)
                {
                    continue;
                }

                var payment = PublishedPayment.Read(record.Value);
                var decision = decisions.GetValueOrDefault((log.Key, record.Offset));
                if (firsts.TryGetValue(payment.Id, out var first) && newestMs - first.TimestampMs <= _windowMs)
                {
                    _duplicates++;
                    RequireFirstDecision(log.Key, record.Offset, first.Offset, decision);
                    continue;
                }

                firsts[payment.Id] = (record.Offset, record.TimestampMs);
                var expected = recount.Add(payment).ToList();
                if (decision is not null)
                {
                    RequireFeatures(log.Key, record.Offset, payment, decision, expected);
                }
            }
        }
    }

    private void RequireFirstDecision(int partition, long offset, long firstOffset, DecisionRecord? decision)
    {
        if (decision is null)
        {
            return;
        }

        if (!decision.Flags.Contains("duplicate"))
        {
            _violations.Add("repeated payment without the flag duplicate", $"payments/{partition}/{offset}, first at {firstOffset}");
        }

        var outcome = (decision.Action, decision.Score, decision.Level, decision.Probability);
        if (!_copies.GetValueOrDefault((partition, firstOffset), []).Any(copy => (copy.Action, copy.Score, copy.Level, copy.Probability) == outcome))
        {
            _violations.Add("repeated payment with another outcome than its first decision", $"payments/{partition}/{offset}: {outcome}, first at {firstOffset}");
        }
    }

    private void RequireFeatures(int partition, long offset, PublishedPayment payment, DecisionRecord decision, List<(string Feature, double Value)> expected)
    {
        if (decision.PaymentId != payment.Id || decision.EventTimeMs != payment.EventTimeMs)
        {
            _violations.Add("decision of another payment", $"payments/{partition}/{offset}: {decision.PaymentId}, published {payment.Id}");
        }

        if (decision.Flags.Contains("duplicate"))
        {
            _violations.Add("first decision with the flag duplicate", $"payments/{partition}/{offset}");
        }

        var features = decision.Features.ToDictionary(feature => feature.Key, feature => feature.Value as double?);
        foreach (var (name, value) in expected)
        {
            _recounted++;
            if (features.GetValueOrDefault(name) is not { } actual || Math.Abs(actual - value) > RelativeError * Math.Max(1, Math.Abs(value)))
            {
                _violations.Add("feature that differs from its recount", $"payments/{partition}/{offset}: {name} is {features.GetValueOrDefault(name)}, counted {value}");
            }
        }
    }
}
