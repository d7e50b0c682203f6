using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// What the client that reads some logs says of them. It comes on two threads: the client's own
/// events on the one that serves them, a log's errors on the graph's, which takes its records.
/// </summary>
/// <param name="where">The brokers that are read, as messages name them.</param>
/// <param name="logIndices">The client's logs.</param>
/// <param name="health">Told of what may pass: a broker that is away is tried for as long as it
/// takes.</param>
/// <param name="failed">Told, once, of what does not pass by itself; null where that is to be
/// waited out as well.</param>
internal sealed class ReportedErrors(string where, IReadOnlyList<int> logIndices, LogHealth health, Action<Exception>? failed)
{
    private int _hasFailed;

    /// <param name="log">Partition -1: the client as a whole.</param>
    /// <param name="error">librdkafka's code.</param>
    public void Report(LogId log, int error)
    {
        if (failed is not null && (LogErrors.IsTopicGone(error) || LogErrors.IsFinal(error)))
        {
            if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
            {
                failed(LogErrors.IsTopicGone(error)
                    ? new TopicMadeAnewException($"{log}: {Librdkafka.Describe(error)}")
                    : new KafkaFailedException($"{log}: {Librdkafka.Describe(error)}"));
            }
        }
        else if (log.Partition < 0)
        {
            health.Report(where, logIndices, Librdkafka.Describe(error));
        }
        else
        {
            health.Report($"{log}", [health.Logs.IndexOf(log)], error == Librdkafka.OffsetOutOfRange
                ? "it was made anew, or its last records are lost; what is below the offset that the state holds is left out"
                : Librdkafka.Describe(error));
        }
    }
}
