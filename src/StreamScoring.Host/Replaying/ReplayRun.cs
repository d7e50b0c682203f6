using Microsoft.Extensions.Logging;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Logs;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Decides a stretch of a deployment's past anew, from its logs alone, and compares. It is a member
/// of no group and writes nothing anywhere but files of its own.
/// </summary>
/// <param name="topology">With the files in it that are to decide.</param>
internal sealed class ReplayRun(Topology topology, ReplayChanges changes, ProgressLine progress, ILogger logger)
{
    /// <param name="fromMs">The first payments, by the time of their records, ms since the Unix
    /// epoch; null: from the beginning.</param>
    /// <param name="untilMs">The first moment that is left out; null: up to what is there
    /// now.</param>
    /// <exception cref="Kafka.KafkaFailedException">The brokers do not answer, or a topic is
    /// missing.</exception>
    public async Task<ReplayFindings> RunAsync(long? fromMs, long? untilMs, IReplayObserver observer, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Payments, topology.Home.Labels, topology.Home.Decisions);
        foreach (var follow in topology.Follows)
        {
            KafkaPorts.RequireReached(topology, follow);
        }

        var features = FeatureFiles.Load(topology.FeatureFile);
        var logs = await KafkaPorts.LogsNowAsync(topology);
        var missing = new MissingPayments();
        using var decisions = await RecordedDecisions.ReadAsync(
            topology, logs, RangeNow(logs), fromMs ?? long.MinValue, untilMs ?? long.MaxValue, changes.HasFeatures ? null : features.Hash, missing, read => progress.Show($"{read:N0} decisions read"), cancel);
        using var models = topology.Control is null ? null : new FolderAside();
        var world = new ReplayWorld(topology, features, logs, RangeNow(logs), decisions, missing, logger)
        {
            Changes = changes,
            Published = models is not null && KafkaPorts.ModelsOf(topology) is { } topic ? new PublishedFolders(models.Path, topic) : null,
        };
        var comparison = new ReplayComparison(decisions, features.Schema, observer);
        var (chains, derived) = (ReplayChains.Of(decisions, logs), 0L);
        for (var round = 1; chains.Count > 0; round++)
        {
            var left = await RunAsync(world, comparison, chains, decided => progress.Show($"{Interlocked.Add(ref derived, decided):N0} of {decisions.Count - missing.Count:N0} payments decided anew"), cancel);
            chains = left.Count == 0 ? [] : ReplayChains.Of(decisions, logs, left, round);
        }

        comparison.Complete();
        return new ReplayFindings(decisions.Count, missing.Count, missing.ByReason, decisions.Poison);
    }

    private Kafka.LogRange RangeNow(LogTable logs) => RecordedLogs.RangeOf(topology, logs, readFromMs: null, long.MinValue, long.MaxValue);

    /// <summary>Longer ones first; each has a state of its own, so no more at a time than there are
    /// cores.</summary>
    private static async Task<List<ReplayChains.Part[]>> RunAsync(ReplayWorld world, ReplayComparison comparison, IReadOnlyList<ReplayChains.Chain> chains, Action<int> told, CancellationToken cancel)
    {
        var left = new List<ReplayChains.Part[]>();
        await Parallel.ForEachAsync(chains.OrderByDescending(chain => chain.Batches), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, async (chain, stop) =>
        {
            await Task.Factory.StartNew(() =>
            {
                using var replay = new ChainReplay(world, chain, comparison, told, stop);
                var behind = replay.Run();
                lock (left)
                {
                    left.AddRange(behind);
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        });
        return left;
    }
}

/// <summary>What whoever reads the result should know.</summary>
/// <param name="Payments">Decisions of the stretch.</param>
/// <param name="Missing">Those that cannot be derived.</param>
/// <param name="Why">The same by reason.</param>
/// <param name="Poison">Records of the topic that are no decisions.</param>
internal sealed record ReplayFindings(long Payments, long Missing, IReadOnlyList<(string Reason, long Count)> Why, long Poison);
