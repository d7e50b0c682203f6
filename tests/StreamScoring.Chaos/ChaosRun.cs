using System.Diagnostics;
using StreamScoring.Chaos.Faults;
using StreamScoring.Chaos.Oracle;
using StreamScoring.Chaos.World;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos;

/// <summary>
/// A run: everything is started, goes through its faults under traffic, is left to catch up, and is
/// judged.
/// </summary>
public sealed class ChaosRun(ChaosOptions options, Action<string> progress)
{
    /// <summary>The topology's default.</summary>
    private static readonly TimeSpan IdempotencyWindow = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan RecoveryMax = TimeSpan.FromSeconds(90), StopMax = TimeSpan.FromSeconds(60), LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, int> _faults = [];
    private readonly List<string> _violations = [];
    private readonly List<string> _notCompared = [];
    private int _rounds;

    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public async Task<ChaosSummary> RunAsync(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("chaos").FullName;
        var logFolder = options.LogFolder ?? Directory.CreateTempSubdirectory("chaos-logs").FullName;
        Directory.CreateDirectory(logFolder);
        // The guard goes last, when nothing of ours starts anything any more.
        using var guard = new CleanupGuard(folder);
        using var world = new ChaosWorld(options, folder, logFolder);
        Verdict? verdict = null;
        string? digest = null;
        try
        {
            await StartAsync(world, cancel);
            await RunFaultsAsync(world, cancel);
            await world.Traffic.StopAsync(cancel);
            digest = await CatchUpAsync(world, cancel);
            verdict = await JudgeAsync(world, cancel);
            await StopAllAsync(world);
        }
        catch (TimeoutException e)
        {
            progress(e.Message);
            _violations.Add(e.Message);
        }

        var violations = _violations.Concat(verdict?.Violations ?? []).ToList();
        if (violations.Count > 0)
        {
            progress($"the processes' logs are in {logFolder}");
        }
        else if (options.LogFolder is null)
        {
            Directory.Delete(logFolder, recursive: true);
        }

        return new ChaosSummary(
            options.Seed, options.UsesConsumerProtocol ? "consumer" : "classic", ChaosWorld.DeliveryOf(options), _rounds, _faults, Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds, 1),
            world.Everyone.Sum(member => member.Starts), [.. world.Everyone.SelectMany(member => member.EndedByItself)], verdict, digest,
            [.. _notCompared, .. verdict?.NotCompared ?? []], violations);
    }

    private async Task StartAsync(ChaosWorld world, CancellationToken cancel)
    {
        progress($"seed {options.Seed}: starting {Cluster.BrokerCount} brokers and {world.Members.Count} processes");
        await world.Cluster.StartAsync(ChaosWorld.Session);
        await world.Housekeeping.MakeAllAsync();
        foreach (var member in world.Members)
        {
            member.Start();
        }

        await AwaitReadyAsync(world, cancel);
        world.Traffic.Start();
    }

    private async Task RunFaultsAsync(ChaosWorld world, CancellationToken cancel)
    {
        var faults = FaultList.Of(options);
        var random = new Random(options.Seed);
        var began = Stopwatch.GetTimestamp();
        while (_rounds < options.RoundsMax && Stopwatch.GetElapsedTime(began) < options.DurationMax)
        {
            cancel.ThrowIfCancellationRequested();
            var fault = faults[random.Next(faults.Count)];
            _rounds++;
            _faults[fault.Name] = _faults.GetValueOrDefault(fault.Name) + 1;
            progress($"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:0.0} s  round {_rounds}: {fault.Name}");
            await fault.RunAsync(world, random);
            // Two of three rounds hit a system that is still getting over the one before.
            if (random.Next(3) == 0)
            {
                await AwaitReadyAsync(world, cancel);
            }
            else
            {
                await Task.Delay(random.Next(200, 2000), cancel);
            }
        }
    }

    private static Task AwaitReadyAsync(ChaosWorld world, CancellationToken cancel) => AwaitAsync(
        async () =>
        {
            var problems = await Task.WhenAll(world.Members.Select(member => member.ProblemAsync(cancel)));
            return problems.All(problem => problem is null) ? null : string.Join(", ", problems.Where(problem => problem is not null));
        }, cancel);

    /// <summary>
    /// Waits until all states, also that of a process that folds everything anew, are of all
    /// records; their digests must then be one. Where records are gone a process may have folded
    /// them or not, and what it holds says nothing of the others.
    /// </summary>
    private async Task<string?> CatchUpAsync(ChaosWorld world, CancellationToken cancel)
    {
        progress($"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:0.0} s  no more faults; {world.Traffic.Published} records published; catching up");
        await AwaitReadyAsync(world, cancel);
        using var witness = world.NewWitness();
        witness.Start();
        var ends = await Task.Run(world.Dump.InputEnds, cancel);
        var digests = new Dictionary<string, string>();
        foreach (var member in world.Members.Append(witness))
        {
            await AwaitAsync(
                async () =>
                {
                    if (await member.StateAsync(cancel) is not { } state)
                    {
                        return $"{member.Name} does not tell its state";
                    }

                    digests[member.Name] = state.Digest;
                    var behind = ends.Where(end => state.Vector.GetValueOrDefault(end.Key) != end.Value)
                        .Select(end => $"{end.Key} at {state.Vector.GetValueOrDefault(end.Key)} of {end.Value}").ToList();
                    return behind.Count == 0 ? null : $"{member.Name} has not folded all: {string.Join(", ", behind)}";
                }, cancel);
        }

        await witness.KillAsync();
        if (world.Archive.HasLosses)
        {
            _notCompared.Add("digests of states");
            return null;
        }

        if (digests.Values.Distinct().Count() > 1)
        {
            _violations.Add($"states of equal vectors differ: {string.Join(", ", digests.Select(digest => $"{digest.Key} {digest.Value}"))}");
            return null;
        }

        return digests.Values.First();
    }

    /// <summary>
    /// What is folded may still be on its way out, so an answer that is missing gets the time of a
    /// recovery to come.
    /// </summary>
    private async Task<Verdict> JudgeAsync(ChaosWorld world, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var verdict = await Task.Run(() => DecisionOracle.Judge(ReadAll(world), IdempotencyWindow, options.IsTransactional), cancel);
            if (verdict.Violations.Count == 0 || Stopwatch.GetElapsedTime(began) > RecoveryMax / 3)
            {
                return verdict;
            }

            await Task.Delay(LookInterval, cancel);
        }
    }

    private static RunLogs ReadAll(ChaosWorld world) => new(
        world.Archive.ReadAll(Topics.Payments), world.Archive.ReadAll(Topics.Labels),
        world.Dump.Read(Topics.Decisions, new long[Topics.Partitions]), world.Dump.Read(Topics.DeadLetters, new long[Topics.Partitions]))
    {
        // After the decisions: each has its schema there by then.
        Schemas = world.Dump.Read(Topics.Schemas, new long[1]).Select(record => DecisionSchema.Read(record.Value, DecisionSchema.IdOf(record.Value))).DistinctBy(schema => schema.Id)
            .ToDictionary(schema => schema.Id),
    };

    private async Task StopAllAsync(ChaosWorld world)
    {
        foreach (var member in world.Members)
        {
            const int interrupted = 130;
            if (await member.StopAsync(StopMax) is var code && code != interrupted)
            {
                _violations.Add($"{member.Name} was asked to stop and ended with {code?.ToString() ?? "a kill, as it took too long"}");
            }
        }
    }

    /// <param name="problem">Why it is not so yet; null once it is.</param>
    /// <exception cref="TimeoutException">It did not come to be so.</exception>
    private static async Task AwaitAsync(Func<Task<string?>> problem, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (await problem() is { } reason)
        {
            if (Stopwatch.GetElapsedTime(began) > RecoveryMax)
            {
                throw new TimeoutException($"not over it after {RecoveryMax.TotalSeconds:0} s: {reason}");
            }

            await Task.Delay(LookInterval, cancel);
        }
    }
}
