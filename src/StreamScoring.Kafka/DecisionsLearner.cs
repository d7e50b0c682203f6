using Confluent.Kafka;
using StreamScoring.Decisions;
using StreamScoring.Emit;

namespace StreamScoring.Kafka;

/// <summary>
/// Reads, in the background, what was decided lately of partitions that were taken over. Deciding
/// need not wait for it, but for a payment that comes again before it is done.
/// </summary>
internal sealed class DecisionsLearner(KafkaConnection connection, FirstDecisions firsts) : IDisposable
{
    /// <summary>Decisions of a partition that a new owner reads: a fraction of a second.</summary>
    private const long DecisionsLearned = 50_000;

    private const int TriesMax = 10;

    private static readonly TimeSpan TryPause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];

    /// <summary>
    /// Begins to learn, and says so to whoever will ask. By one thread at a time.
    /// </summary>
    public void Learn(IReadOnlyCollection<(int LogIndex, DecidedPositions Into, DecisionsEnd End)> taken)
    {
        var all = Task.Factory.StartNew(() => Read(taken), _stopping.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _running.RemoveAll(task => task.IsCompleted);
        _running.Add(all);
        foreach (var (logIndex, _, _) in taken)
        {
            firsts.Learn(logIndex, all.ContinueWith(
                done => done.GetAwaiter().GetResult()[logIndex], CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _stopping.Dispose();
    }

    private Dictionary<int, IReadOnlyDictionary<long, FirstDecision>> Read(IReadOnlyCollection<(int LogIndex, DecidedPositions Into, DecisionsEnd End)> taken)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                using var reader = new DecisionsReader(connection, readsCommitted: true);
                reader.Read(
                    [.. taken.Select(log => new DecisionsStretch(log.End.Partition, Math.Max(log.End.Low, log.End.High - DecisionsLearned), log.End.High, log.Into))],
                    cancel: _stopping.Token);
                return taken.ToDictionary(log => log.LogIndex, log => log.Into.Learned);
            }
            catch (KafkaException e)
            {
                if (tried == TriesMax)
                {
                    throw new KafkaFailedException($"{connection}: what was decided lately cannot be read: {e.Error.Reason}", e);
                }

                _stopping.Token.WaitHandle.WaitOne(TryPause);
            }
        }
    }
}
