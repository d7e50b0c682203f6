using StreamScoring.Configuration;
using StreamScoring.Features;

namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// How many processes, partitions and brokers a topology takes at a rate. Pure: the same question
/// has the same answer everywhere.
/// </summary>
public static class CapacityModel
{
    /// <summary>Nobody runs so many; beyond it, more do not help.</summary>
    private const int ProcessesMax = 1 << 20;

    /// <exception cref="InvalidInputFileException">The load names an entity or a region that is not
    /// there.</exception>
    public static CapacityPlan Plan(Topology topology, FeatureFile file, CapacityLoad load, CapacityConstants constants)
    {
        var model = new ProcessModel(topology, file, load, constants);
        RequireNames("keys", load.Keys.Keys, [.. model.Entities.Select(entity => entity.Entity.Split('@')[0]).Distinct()], $"the entities of {topology.FeatureFile}");
        RequireNames("rate", load.RegionPaymentsPerSecond.Keys, [.. topology.Regions.Select(region => region.Name)], $"the regions of {topology.File}");
        bool[] others = topology.Follows.Count > 0 ? [true, false] : [false];
        var variants = others
            .SelectMany(other => new[] { new FollowVariant(true, other), new FollowVariant(false, other) })
            .Select(variant => VariantOf(topology, load, model, variant))
            .ToList();
        var plan = new CapacityPlan(
            topology.File,
            topology.Region,
            topology.Regions.ToDictionary(region => region.Name, region => load.RateOf(region.Name)),
            load,
            constants.Measured,
            model.Wire.PaymentBytes,
            model.Wire.DecisionBytes,
            model.Entities,
            variants,
            []);
        return plan with { Advice = CapacityAdvice.Of(plan, topology, model) };
    }

    private static CapacityVariant VariantOf(Topology topology, CapacityLoad load, ProcessModel model, FollowVariant variant)
    {
        var processes = Smallest(count => model.At(variant, count).Fits);
        var process = model.At(variant, processes > 0 ? processes : ProcessesMax);
        var busiest = variant.OtherRegions ? topology.Follows.MaxBy(follow => load.RateOf(follow.Region))!.Region : null;
        var isOfTopology = variant.WholeRegion == topology.FollowsRegion && variant.OtherRegions == topology.Follows.Count > 0;
        return new CapacityVariant(
            variant,
            isOfTopology,
            processes,
            busiest is null ? null : Smallest(count => model.At(variant, count, busiest).Fits),
            process,
            Math.Max(4, ((2 * processes) + 3) / 4 * 4),
            RegionBrokers.Of(topology, load, model.Wire, variant, process, Math.Max(1, processes) + 1));
    }

    /// <summary>
    /// More processes never make it worse for one of them, so halving finds the smallest number.
    /// </summary>
    /// <returns>0 where no number is enough.</returns>
    private static int Smallest(Func<int, bool> isEnough)
    {
        if (!isEnough(ProcessesMax))
        {
            return 0;
        }

        var (tooFew, enough) = (0, ProcessesMax);
        while (enough - tooFew > 1)
        {
            var middle = tooFew + ((enough - tooFew) / 2);
            (tooFew, enough) = isEnough(middle) ? (tooFew, middle) : (middle, enough);
        }

        return enough;
    }

    private static void RequireNames(string what, IEnumerable<string> names, IReadOnlyList<string> known, string whose)
    {
        foreach (var name in names.Where(name => !known.Contains(name, StringComparer.Ordinal)))
        {
            throw new InvalidInputFileException($"--{what} names {name}; {whose} are {string.Join(", ", known)}");
        }
    }
}
