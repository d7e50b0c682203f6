using StreamScoring.Chaos.World;

namespace StreamScoring.Chaos.Faults;

/// <summary>All faults that there are.</summary>
public static class FaultList
{
    /// <summary>
    /// Faults that lose records are drawn with every so many seeds, so that the others compare
    /// everything.
    /// </summary>
    private const int LosingSeeds = 5;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IFault> All { get; } =
    [
        new Fault("kill-process", KillProcessAsync),
        new Fault("kill-broker", (world, random) => WithoutBrokerAsync(world, random, random.Next(Cluster.BrokerCount), () => Task.CompletedTask)),
        new Fault("kill-leader", async (world, random) => await WithoutBrokerAsync(world, random, await LeaderAsync(world, random), () => Task.CompletedTask)),
        new Fault("kill-leader-and-process", async (world, random) =>
            await WithoutBrokerAsync(world, random, await LeaderAsync(world, random), () => KillProcessAsync(world, random))),
        new Fault("freeze-process", FreezeProcessAsync),
        new Fault("freeze-broker", FreezeBrokerAsync),
        new Fault("freeze-leader-and-kill-process", FreezeLeaderAndKillProcessAsync),
        new Fault("guest", GuestAsync),
        new Fault("restart-process", RestartProcessAsync),
        new Fault("stop-while-broker-is-away", async (world, random) =>
            await WithoutBrokerAsync(world, random, random.Next(Cluster.BrokerCount), () => RestartProcessAsync(world, random))),
        new Fault("lose-snapshot", LoseSnapshotAsync),
        new Fault("block-snapshots", BlockSnapshotsAsync),
        new Fault("wrong-clock", WrongClockAsync),
        new Fault("delete-records", HousekeepingFaults.DeleteRecordsAsync, losesRecords: true),
        new Fault("make-topic-anew", HousekeepingFaults.MakeTopicAnewAsync, losesRecords: true),
    ];

    /// <summary>Those that a run draws from.</summary>
    public static IReadOnlyList<IFault> Of(ChaosOptions options) =>
        [.. All.Where(fault => options.Faults.Count > 0 ? options.Faults.Contains(fault.Name) : !fault.LosesRecords || options.Seed % LosingSeeds == 0)];

    private static async Task KillProcessAsync(ChaosWorld world, Random random)
    {
        var member = AnyMember(world, random);
        await member.KillAsync();
        await PauseAsync(random, 0, 4000);
        member.Start();
    }

    private static async Task FreezeProcessAsync(ChaosWorld world, Random random)
    {
        var member = AnyMember(world, random);
        member.Freeze();
        try
        {
            // Longer than the session, most of the time: it wakes up as one that was replaced and
            // does not know it.
            await PauseAsync(random, (int)ChaosWorld.Session.TotalMilliseconds / 2, 3 * (int)ChaosWorld.Session.TotalMilliseconds);
        }
        finally
        {
            member.Thaw();
        }
    }

    private static async Task RestartProcessAsync(ChaosWorld world, Random random)
    {
        var member = AnyMember(world, random);
        await member.StopAsync(StopPatience);
        await PauseAsync(random, 0, 2000);
        member.Start();
    }

    private static async Task GuestAsync(ChaosWorld world, Random random)
    {
        world.Guest.Start();
        await PauseAsync(random, 2000, 9000);
        if (random.Next(2) == 0)
        {
            await world.Guest.KillAsync();
        }
        else
        {
            await world.Guest.StopAsync(StopPatience);
        }
    }

    private static async Task WithoutBrokerAsync(ChaosWorld world, Random random, int broker, Func<Task> meanwhile)
    {
        await world.Cluster.KillAsync(broker);
        try
        {
            await PauseAsync(random, 0, 1500);
            await meanwhile();
            await PauseAsync(random, 0, 4000);
        }
        finally
        {
            await world.Cluster.StartBrokerAsync(broker);
        }
    }

    private static async Task FreezeBrokerAsync(ChaosWorld world, Random random)
    {
        var broker = random.Next(Cluster.BrokerCount);
        await world.Cluster.FreezeAsync(broker);
        try
        {
            await PauseAsync(random, 1000, 6000);
        }
        finally
        {
            await world.Cluster.ThawAsync(broker);
        }
    }

    /// <summary>
    /// What the process sent to one leader is acknowledged, what it sent to another is not: nothing
    /// may fall between the two.
    /// </summary>
    private static async Task FreezeLeaderAndKillProcessAsync(ChaosWorld world, Random random)
    {
        var broker = await LeaderAsync(world, random);
        await world.Cluster.FreezeAsync(broker);
        try
        {
            await PauseAsync(random, 200, 1200);
            await KillProcessAsync(world, random);
        }
        finally
        {
            await world.Cluster.ThawAsync(broker);
        }
    }

    /// <summary>
    /// The newest snapshot is deleted or cut, and the process that would start from it is killed.
    /// </summary>
    private static async Task LoseSnapshotAsync(ChaosWorld world, Random random)
    {
        var member = AnyMember(world, random);
        await member.KillAsync();
        if (Directory.Exists(member.SnapshotFolder) && Directory.GetFiles(member.SnapshotFolder, "*.snapshot").Order(StringComparer.Ordinal).LastOrDefault() is { } newest)
        {
            try
            {
                if (random.Next(2) == 0)
                {
                    File.Delete(newest);
                }
                else
                {
                    using var file = File.OpenWrite(newest);
                    file.SetLength(random.NextInt64(file.Length + 1));
                }
            }
            catch (IOException)
            {
                // Another process of the same folder removed it meanwhile.
            }
        }

        member.Start();
    }

    private static async Task BlockSnapshotsAsync(ChaosWorld world, Random random)
    {
        var member = AnyMember(world, random);
        using var blocked = BlockedFolder.Block(member.SnapshotFolder, random);
        // At least one is due meanwhile; and half of the time the process starts while nothing can
        // be read either.
        await PauseAsync(random, 3000, 5000);
        if (random.Next(2) == 0)
        {
            await KillProcessAsync(world, random);
            await PauseAsync(random, 0, 3000);
        }
    }

    /// <summary>It is wrong for longer than this: other faults meet what it stamps.</summary>
    private static async Task WrongClockAsync(ChaosWorld world, Random random)
    {
        world.Traffic.Clock.GoWrong(random);
        await PauseAsync(random, 500, 5000);
    }

    private static Member AnyMember(ChaosWorld world, Random random) => world.Members[random.Next(world.Members.Count)];

    private static async Task<int> LeaderAsync(ChaosWorld world, Random random)
    {
        var topic = random.Next(3) switch { 0 => Topics.Payments, 1 => Topics.Decisions, _ => Topics.DeadLetters };
        var leader = await Task.Run(() => world.Cluster.LeaderOf(topic, random.Next(Topics.Partitions)));
        return leader >= 0 ? leader : random.Next(Cluster.BrokerCount);
    }

    private static Task PauseAsync(Random random, int msMin, int msMax) => Task.Delay(random.Next(msMin, msMax));
}
