using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Tells a decision on a record that is not there: a stray or damaged record that claims a huge offset would else make every later decision
/// of its log look like a repeat. Decisions come in offset order, so only a jump is looked into, by asking where the payments log ends.
/// </summary>
/// <param name="endOf">Asks the brokers for the end of a partition of payments. Fails with a <see cref="KafkaException"/>.</param>
internal sealed class SourceEnds(ScoringRegion region, Func<TopicPartition, long> endOf)
{
    /// <summary>Decisions skip what is no payment: dead letters, and the marks of transactions. So many in a row are not asked after.</summary>
    internal const long JumpMax = 1000;

    private bool _isRefused;

    /// <param name="highest">Highest offset seen of the log; -1 for none.</param>
    /// <returns>True where the brokers cannot be asked, as by a reader that may not see the payments.</returns>
    public bool IsInLog(in DecisionSource source, long highest)
    {
        if (_isRefused || source.Offset <= highest + JumpMax || source.Region != region.Name || source.Topic != region.Payments)
        {
            return true;
        }

        try
        {
            return source.Offset < endOf(new TopicPartition(source.Topic, source.Partition));
        }
        catch (KafkaException)
        {
            _isRefused = true;
            return true;
        }
    }
}
