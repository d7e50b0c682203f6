using StreamScoring.Chaos.World;

namespace StreamScoring.Chaos.Faults;

/// <summary>
/// Records and topics of inputs that are deleted, while processes run, and while one of them has
/// some of them yet to read.
/// </summary>
internal static class HousekeepingFaults
{
    /// <summary>About as many records of a partition as come in some seconds.</summary>
    private const int LatelyRecords = 500;

    public static Task DeleteRecordsAsync(ChaosWorld world, Random random) =>
        BesideAsync(world, random, () => world.Housekeeping.DeleteRecordsAsync(AnyTopic(random), (begin, end) => random.Next(4) switch
        {
            0 => null,
            1 => end,
            2 => random.NextInt64(Math.Max(begin, end - LatelyRecords), end + 1),
            _ => random.NextInt64(begin, end + 1),
        }));

    public static Task MakeTopicAnewAsync(ChaosWorld world, Random random) => BesideAsync(world, random, async () =>
    {
        await world.Housekeeping.MakeAnewAsync(AnyTopic(random), TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(4000)));
        if (random.Next(4) == 0)
        {
            // Once more, before all have seen that one.
            await Task.Delay(random.Next(4000));
            await world.Housekeeping.MakeAnewAsync(AnyTopic(random), TimeSpan.Zero);
        }
    });

    /// <summary>
    /// While all run, while one stands still, or while one is away: it has then not read what goes.
    /// </summary>
    private static async Task BesideAsync(ChaosWorld world, Random random, Func<Task> delete)
    {
        var member = world.Members[random.Next(world.Members.Count)];
        switch (random.Next(3))
        {
            case 0:
                await delete();
                break;
            case 1:
                member.Freeze();
                try
                {
                    await PauseAsync(random);
                    await delete();
                }
                finally
                {
                    member.Thaw();
                }

                break;
            default:
                await member.KillAsync();
                try
                {
                    await PauseAsync(random);
                    await delete();
                }
                finally
                {
                    member.Start();
                }

                break;
        }
    }

    private static string AnyTopic(Random random) => random.Next(3) == 0 ? Topics.Labels : Topics.Payments;

    private static Task PauseAsync(Random random) => Task.Delay(random.Next(200, 4000));
}
