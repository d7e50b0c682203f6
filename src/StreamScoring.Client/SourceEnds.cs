using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Tells a decision on a record that is not there: a stray or damaged record that claims a huge
/// offset would else make every later decision of its log look like a repeat. Decisions come in
/// offset order, so only a jump is looked into, by asking where the payments log ends.
/// </summary>
/// <param name="endOf">Asks the brokers for the end of a partition of payments. Fails with a
/// <see cref="KafkaException"/>.</param>
/// <param name="topicId">Asks the brokers for the id of the payments topic; empty where they tell
/// none. Fails with a <see cref="KafkaException"/>.</param>
internal sealed class SourceEnds(ScoringRegion region, Func<TopicPartition, long> endOf, Func<string> topicId)
{
    /// <summary>
    /// Decisions skip what is no payment: dead letters, and the marks of transactions. So many in a
    /// row are not asked after.
    /// </summary>
    internal const long JumpMax = 1000;

    /// <summary>Topics of that name that are no more: their ends cannot be asked for.</summary>
    private readonly HashSet<string> _former = [];
    private string? _current;
    private bool _isRefused;

    /// <param name="ofTopic">The topic's id, as the decision says; empty where it does not.</param>
    /// <param name="highest">Highest offset seen of the log, of this id; -1 for none.</param>
    /// <returns>True where the brokers cannot be asked, as by a reader that may not see the
    /// payments.</returns>
    public bool IsInLog(in DecisionSource source, string ofTopic, long highest)
    {
        if (_isRefused || source.Offset <= highest + JumpMax || source.Region != region.Name || source.Topic != region.Payments || _former.Contains(ofTopic))
        {
            return true;
        }

        if ((_current is null || (ofTopic.Length > 0 && ofTopic != _current)) && TryAskId() is { } told)
        {
            _current = told;
        }

        if (_current is { Length: > 0 } && ofTopic != _current)
        {
            // Where the brokers tell ids, a decision without one is of an older release: it says
            // nothing about those that have one.
            _former.Add(ofTopic);
            return true;
        }

        try
        {
            return source.Offset < endOf(new TopicPartition(source.Topic, source.Partition));
        }
        catch (KafkaException e)
        {
            // Brokers that are away are asked again at the next jump.
            _isRefused = e.Error.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;
            return true;
        }
    }

    /// <returns>Null where nobody tells just now: a look-up that failed says nothing about which
    /// decisions are of a former topic.</returns>
    private string? TryAskId()
    {
        try
        {
            return topicId();
        }
        catch (KafkaException)
        {
            return null;
        }
    }
}
