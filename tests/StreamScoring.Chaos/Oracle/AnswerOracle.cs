namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// What is owed an answer has one, and nothing else has. What was deleted may have none where
/// nothing from it on, up to where records were deleted, has one either; so with a former topic, of
/// which all was deleted. Hence what is gone hides no gap before it.
/// </summary>
/// <param name="decisions">Those that readers see, each on a record of the topic that it
/// names.</param>
/// <param name="deadLetters">Likewise.</param>
public sealed class AnswerOracle(RunLogs logs, List<GivenDecision> decisions, List<LogRecord> deadLetters, Violations violations)
{
    private readonly AnsweredPositions _decided = new(decisions.Select(decision => decision.Source));
    private readonly AnsweredPositions _answered = new(decisions.Select(decision => decision.Source).Concat(deadLetters.Select(letter => letter.Source!.Value)));
    private readonly List<LogRecord> _decisions = decisions.ConvertAll(decision => decision.Record);

    /// <summary>Records that were gone before they were answered.</summary>
    public int Gone { get; private set; }

    public void Check()
    {
        Require("payment without a visible decision", "decision without its payment", logs.Payments, Expect.Decision, _decisions, _decided);
        // A dead letter is acknowledged before the decisions behind it are sent.
        Require("invalid record without a visible dead letter", "dead letter without its record", logs.Payments, Expect.DeadLetter, OfTopics(logs.Payments), _answered);
        Require("invalid record without a visible dead letter", "dead letter without its record", logs.Labels, Expect.DeadLetter, OfTopics(logs.Labels), _answered);
        foreach (var stray in deadLetters.Except(OfTopics(logs.Payments)).Except(OfTopics(logs.Labels)))
        {
            violations.Add("dead letter without its record", $"{stray.Source}");
        }
    }

    private List<LogRecord> OfTopics(IReadOnlyList<InputTopic> topics) =>
        deadLetters.FindAll(letter => topics.Any(topic => topic.Name == letter.Source!.Value.Topic));

    /// <summary>The visible answers are those that are owed: all, each once, in order.</summary>
    /// <param name="sent">Nothing is answered before what stands before it is, whichever of these
    /// the answer is.</param>
    private void Require(string missing, string tooMany, IReadOnlyList<InputTopic> topics, Expect expect, List<LogRecord> answers, AnsweredPositions sent)
    {
        var owed = topics.SelectMany(topic => topic.Records.Where(record => record.Expect == expect)
            .Select(record => (Topic: topic, Position: new Position(topic.Name, topic.Id, record.Partition, record.Offset)))).ToList();
        // The rule lets through rising positions only, so equal sets are equal sequences.
        var given = answers.Select(answer => answer.Source!.Value).ToHashSet();
        foreach (var (topic, position) in owed.Where(record => !given.Contains(record.Position)))
        {
            if (MayBeMissing(topic, position, sent))
            {
                Gone++;
            }
            else
            {
                violations.Add(missing, () => $"{topic.Place(position.Partition, position.Offset)}{Neighbours(position, answers)}");
            }
        }

        foreach (var position in given.Except(owed.Select(record => record.Position)))
        {
            var topic = topics.FirstOrDefault(topic => (topic.Name, topic.Id) == (position.Topic, position.TopicId));
            violations.Add(tooMany, topic is null ? $"{position}" : topic.Place(position.Partition, position.Offset));
        }
    }

    private static bool MayBeMissing(InputTopic topic, Position position, AnsweredPositions sent) =>
        (topic.IsFormer && !sent.AnyWithin(position, long.MaxValue))
        || topic.Deletions.Any(deletion => deletion.Partition == position.Partition && deletion.Before > position.Offset && !sent.AnyWithin(position, deletion.Before));

    /// <summary>
    /// Where the answers around a missing one stand, and when they were written: who owned the
    /// partition then says its log.
    /// </summary>
    private static string Neighbours(Position position, List<LogRecord> answers)
    {
        var ofLog = answers.Where(answer => answer.Source!.Value.Log == position.Log).ToList();
        var before = ofLog.LastOrDefault(answer => answer.Source!.Value.Offset < position.Offset);
        var behind = ofLog.FirstOrDefault(answer => answer.Source!.Value.Offset > position.Offset);
        return $" (the answer before it stands at {DecisionOracle.Place(before)}, the one behind it at {DecisionOracle.Place(behind)})";
    }
}
