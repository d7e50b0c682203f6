using Confluent.Kafka;

namespace StreamScoring.Chaos.World;

/// <summary>Asks brokers again that are still getting over the last fault.</summary>
internal static class Persistence
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3), Pause = TimeSpan.FromMilliseconds(200);

    /// <param name="attempt">Gives null where it is to be tried again.</param>
    /// <exception cref="TimeoutException">It was not done in time.</exception>
    public static async Task<T> DoAsync<T>(string what, Func<Task<T?>> attempt)
        where T : class
    {
        var reason = "nothing came of it";
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience;)
        {
            try
            {
                if (await attempt() is { } done)
                {
                    return done;
                }
            }
            catch (KafkaException e)
            {
                reason = e.Message;
            }

            await Task.Delay(Pause);
        }

        throw new TimeoutException($"the brokers do not {what}: {reason}");
    }
}
