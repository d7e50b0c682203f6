namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Judges a pipeline by its logs alone: what was published and what was answered. Shares no code
/// with it but the wire forms.
/// </summary>
public sealed class DecisionOracle
{
    private readonly RunLogs _logs;
    private readonly long _windowMs;
    private readonly bool _isTransactional;
    private readonly Violations _violations = new();

    private DecisionOracle(RunLogs logs, long windowMs, bool isTransactional) => (_logs, _windowMs, _isTransactional) = (logs, windowMs, isTransactional);

    /// <param name="idempotencyWindow">How long, by the timestamps of its log, a payment that comes
    /// again is known.</param>
    /// <param name="isTransactional">The logs hold what was committed, and each answer is to stand
    /// in them once, without any rule for readers.</param>
    public static Verdict Judge(RunLogs logs, TimeSpan idempotencyWindow, bool isTransactional = false) =>
        new DecisionOracle(logs, (long)idempotencyWindow.TotalMilliseconds, isTransactional).Judge();

    /// <summary>Where an answer stands, and when it was written.</summary>
    public static string Place(LogRecord? answer) => answer is null ? "none" : $"{answer.Offset}, {DateTimeOffset.FromUnixTimeMilliseconds(answer.TimestampMs):HH:mm:ss.fff}";

    private Verdict Judge()
    {
        RequireSamePartition("decision", _logs.Decisions);
        RequireSamePartition("dead letter", _logs.DeadLetters);
        var (decisionsSeen, decisionsDropped) = VisibleRecords.Of(_logs.Decisions);
        var (deadLettersSeen, deadLettersDropped) = VisibleRecords.Of(_logs.DeadLetters);
        if (_isTransactional && decisionsDropped + deadLettersDropped > 0)
        {
            var again = _logs.Decisions.Concat(_logs.DeadLetters).GroupBy(record => record.Source!.Value).FirstOrDefault(copies => copies.Count() > 1);
            _violations.Add(
                "answers that a read_committed reader sees again, or out of order",
                $"{decisionsDropped} decisions, {deadLettersDropped} dead letters{(again is null ? "" : $", {again.Key} at {string.Join(" and ", again.Select(Place))}")}");
        }

        var formerIds = new FormerIds(_logs);
        var given = _logs.Decisions.Select(record => GivenDecision.Read(record, _logs.Schemas)).ToDictionary(decision => decision.Record);
        var strayed = given.Values.Select(formerIds.LaterOf).OfType<Position>().ToHashSet();
        var decisions = decisionsSeen.Select(record => given[record]).Where(decision => !formerIds.IsOfLaterTopic(decision)).ToList();
        var deadLetters = deadLettersSeen.FindAll(letter => !formerIds.IsOfLaterTopic(letter));
        var answers = new AnswerOracle(_logs, decisions, deadLetters, _violations);
        answers.Check();
        foreach (var decision in given.Values)
        {
            RequireSameSource(decision);
        }

        var contents = new ContentOracle(
            given.Values.Where(decision => !formerIds.IsOfLaterTopic(decision)).ToLookup(decision => decision.Source),
            decisions.ToDictionary(decision => decision.Source), strayed, _windowMs, _violations);
        foreach (var partition in _logs.Payments.SelectMany(topic => topic.Records).Select(record => record.Partition).Distinct())
        {
            contents.Check(new PaymentLog(_logs.Payments, partition));
        }

        var payments = _logs.Payments.SelectMany(topic => topic.Records).ToList();
        return new Verdict(
            payments.Count(record => record.Expect == Expect.Decision),
            payments.Concat(_logs.Labels.SelectMany(topic => topic.Records)).Count(record => record.Expect == Expect.DeadLetter),
            contents.Duplicates, _logs.Decisions.Count, _logs.DeadLetters.Count, decisionsDropped + deadLettersDropped, answers.Gone,
            decisionsSeen.Count - decisions.Count + deadLettersSeen.Count - deadLetters.Count, contents.Recounted, [.. contents.NotCompared], _violations.ToList());
    }

    private void RequireSamePartition(string what, IEnumerable<LogRecord> records)
    {
        foreach (var record in records.Where(record => record.Source!.Value.Partition != record.Partition))
        {
            _violations.Add($"{what} in a partition that is not its source's", $"{record.Source} in partition {record.Partition}");
        }
    }

    private void RequireSameSource(GivenDecision decision)
    {
        var source = decision.Content.Source;
        if (new Position(source.Topic, decision.Content.SourceTopicId ?? "", source.Partition, source.Offset) != decision.Source)
        {
            _violations.Add("decision whose headers name another position than its content", $"{decision.Source}");
        }
    }
}
