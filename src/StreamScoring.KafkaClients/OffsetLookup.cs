using Confluent.Kafka;

namespace StreamScoring.KafkaClients;

/// <summary>Looks offsets up while leaders change.</summary>
/// <remarks>
/// The client asks again by itself where a record is fetched, but not where an offset is looked up:
/// after a broker failed it may ask one that does not lead the partition, or not yet; and while its
/// metadata is being made anew it may know of no partition at all.
/// </remarks>
public static class OffsetLookup
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Of one try: whoever stops waits no longer than that.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Where a partition begins and ends, asked of its leader. The caller knows that the partition
    /// is there.
    /// </summary>
    /// <param name="patience">For all tries.</param>
    /// <param name="isStopping">Ends it early; null: never.</param>
    /// <exception cref="KafkaException">It cannot be told in time.</exception>
    public static WatermarkOffsets WatermarksOf<TKey, TValue>(
        this IConsumer<TKey, TValue> consumer, TopicPartition partition, TimeSpan patience, Func<bool>? isStopping = null) =>
        WhileLeadersChange(() => consumer.QueryWatermarkOffsets(partition, patience < Step ? patience : Step), patience, isStopping);

    /// <summary>Asks until the partition's leader answers.</summary>
    /// <exception cref="KafkaException">The answer is another error, or none comes in
    /// time.</exception>
    public static T WhileLeadersChange<T>(Func<T> look, TimeSpan patience, Func<bool>? isStopping = null)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return look();
            }
            catch (KafkaException e) when (IsOfLeaders(e.Error.Code) && isStopping?.Invoke() != true && TimeProvider.System.GetElapsedTime(started) < patience)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private static bool IsOfLeaders(ErrorCode code) => code is ErrorCode.Local_TimedOut or ErrorCode.NotLeaderForPartition or ErrorCode.LeaderNotAvailable or ErrorCode.ReplicaNotAvailable
        or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.Local_UnknownPartition;
}
