using Confluent.Kafka;

namespace StreamScoring.Kafka;

/// <summary>
/// Answers of brokers to an admin client. Its own time-out does not hold: where a broker stood still while it was asked, its answer may never
/// come, and neither does the time-out. Whoever then waits for the end of the question waits for ever.
/// </summary>
internal static class AnswersInTime
{
    /// <summary>The client's own time-out comes first where it does come.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <param name="patience">What the client was told as its time-out.</param>
    /// <exception cref="KafkaException"><see cref="ErrorCode.Local_TimedOut"/>: no answer came.</exception>
    public static async Task<T> InTime<T>(this Task<T> answer, TimeSpan patience)
    {
        try
        {
            return await answer.WaitAsync(patience + Margin);
        }
        catch (TimeoutException)
        {
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no answer came within {patience.TotalSeconds:0} s"));
        }
    }
}
