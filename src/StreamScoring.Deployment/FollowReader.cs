using StreamScoring.Configuration;

namespace StreamScoring.Deployment;

/// <summary>
/// Reads what a topology says of following other regions, and checks that no event could come by
/// two ways.
/// </summary>
internal static class FollowReader
{
    /// <summary>
    /// The entry of the region that the process serves is for those that serve another, so that one
    /// file can be all processes'.
    /// </summary>
    /// <exception cref="InvalidInputFileException">A region is unknown, is followed for nothing, or
    /// would be read twice.</exception>
    public static IReadOnlyList<FollowKnobs> Read(YamlMap top, string home, IReadOnlyList<RegionTopology> regions)
    {
        var map = top.OptionalMap("followRegions") ?? YamlMap.Empty(top.File, "followRegions");
        var follows = new List<FollowKnobs>();
        foreach (var name in map.Keys)
        {
            if (regions.All(region => region.Name != name))
            {
                throw map.Error(name, $"is no region of this file; these are {string.Join(", ", regions.Select(region => region.Name))}");
            }

            var region = map.OptionalMap(name) ?? YamlMap.Empty(top.File, $"followRegions.{name}");
            var follow = new FollowKnobs(name, ReadMode(region, "payments"), ReadMode(region, "labels"), region.Text("mirrorPrefix", $"{name}."));
            region.RequireAllRead();
            if (follow is { Payments: FollowMode.None, Labels: FollowMode.None })
            {
                throw map.Error(name, "is followed for nothing: set payments or labels to direct or mirror, or leave the region out");
            }

            if (name != home)
            {
                follows.Add(follow);
            }
        }

        RequireOnce(map, home, regions, follows);
        map.RequireAllRead();
        return follows;
    }

    private static FollowMode ReadMode(YamlMap region, string topic) => Enum.Parse<FollowMode>(region.Choice(topic, "direct", "none", "direct", "mirror"), ignoreCase: true);

    /// <summary>No topic may be read under two names: its events would be folded twice.</summary>
    private static void RequireOnce(YamlMap map, string home, IReadOnlyList<RegionTopology> regions, List<FollowKnobs> follows)
    {
        var served = regions.First(region => region.Name == home);
        var taken = new[] { served.Payments, served.Labels, served.Decisions, served.DeadLetters, served.Schemas, served.Control, served.Lists }.ToDictionary(topic => (served.Brokers, topic), topic => $"region {home}'s own topic {topic}");
        foreach (var follow in follows)
        {
            var region = regions.First(region => region.Name == follow.Region);
            foreach (var (mode, topic) in new[] { (follow.Payments, region.Payments), (follow.Labels, region.Labels) })
            {
                var read = mode == FollowMode.Mirror ? (served.Brokers, follow.MirrorPrefix + topic) : (region.Brokers, topic);
                if (mode != FollowMode.None && !taken.TryAdd(read, $"region {follow.Region}'s topic {topic}"))
                {
                    throw map.Error(
                        follow.Region, $"would read topic {read.Item2} of {read.Brokers} as the {topic} of {follow.Region}, and it is {taken[read]} already: its events would be folded twice");
                }
            }
        }
    }
}
