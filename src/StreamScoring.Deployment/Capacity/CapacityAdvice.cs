namespace StreamScoring.Deployment.Capacity;

/// <summary>What a plan comes down to, in sentences.</summary>
internal static class CapacityAdvice
{
    private const int PartitionsMax = 1024;

    /// <summary>
    /// What a topology may say of <c>idempotency.paymentsMax</c>, and of <c>state.megabytesMax</c>.
    /// </summary>
    private const double KnownMax = 1 << 28, MegabytesMax = 1 << 20;

    public static IReadOnlyList<string> Of(CapacityPlan plan, Topology topology, ProcessModel model)
    {
        var advised = Advised(plan);
        return advised is null
            ? [Refusal(plan.OfTopology), .. plan.Variants.Where(variant => !variant.IsOfTopology).Select(Refusal), Smaller(plan)]
            : [.. What(plan, advised), .. How(topology, model, advised)];
    }

    /// <summary>
    /// What the topology says where it fits. Else what gives up least: other regions, then the rest
    /// of the own one, then both.
    /// </summary>
    private static CapacityVariant? Advised(CapacityPlan plan) => plan.Variants
        .Where(variant => variant.Fits)
        .OrderByDescending(variant => variant.IsOfTopology)
        .ThenByDescending(variant => variant.Variant.WholeRegion)
        .ThenByDescending(variant => variant.Variant.OtherRegions)
        .FirstOrDefault();

    private static IEnumerable<string> What(CapacityPlan plan, CapacityVariant advised)
    {
        var now = plan.OfTopology;
        if (!now.Fits)
        {
            yield return Refusal(now);
        }

        yield return $"{NameOf(advised.Variant, plan)}, {Quantity.Count(advised.Processes)} {(advised.Processes == 1 ? "process" : "processes")} of {plan.Region} and one to spare"
            + $"; what binds is {advised.Process.Binding.Name}, at {Quantity.Percent(advised.Process.Binding.Share)} of what is allowed.";
        if (advised.ProcessesTakingOver is { } takingOver)
        {
            yield return takingOver > 0
                ? $"Where the busiest other region is lost and its publishers come here, {Quantity.Count(takingOver)} {(takingOver == 1 ? "process" : "processes")}."
                : "Where the busiest other region is lost and its publishers come here, no number of processes is enough.";
        }

        if (!advised.Variant.WholeRegion)
        {
            var partial = plan.Entities.Where(entity => !entity.IsPartitioned).Select(entity => entity.Entity).ToList();
            if (partial.Count > 0)
            {
                yield return $"With follow: none features of {string.Join(", ", partial)} see the payments of a process's own partitions alone, and change where partitions move.";
            }

            yield return "With follow: none nobody is a hot standby: who takes over a partition folds it from a snapshot that holds it, or from its beginning.";
        }
        else if (plan.Variants.FirstOrDefault(variant => !variant.Variant.WholeRegion && variant.Variant.OtherRegions == advised.Variant.OtherRegions) is { Fits: true } none
            && none.Processes < advised.Processes)
        {
            yield return $"With follow: none it would be {Quantity.Count(none.Processes)}.";
        }
    }

    private static IEnumerable<string> How(Topology topology, ProcessModel model, CapacityVariant advised)
    {
        var home = topology.Home;
        if (advised.Processes > PartitionsMax)
        {
            yield return $"A payments topic has at most {PartitionsMax} partitions, so this is {Math.Ceiling(advised.Processes / (double)PartitionsMax):0} deployments at the least, each with its share of the keys.";
        }
        else if (advised.Processes > home.Partitions)
        {
            yield return $"regions.{home.Name}.partitions: {Math.Min(PartitionsMax, advised.Partitions)} (now {home.Partitions}); no partition is decided by two processes.";
        }

        if (advised.Process.Binding.Name == "scoring lanes")
        {
            yield return $"score.lanes: more than {topology.ScoringLanes} would take fewer processes.";
        }

        var known = model.KnownPayments(advised.Process);
        if (known > KnownMax)
        {
            yield return $"idempotency.window: at most {Quantity.Number(KnownMax / advised.Process.FoldedPerSecond)} s, as a process knows {Quantity.Count(KnownMax)} payments at most"
                + $" (idempotency.paymentsMax: {KnownMax:0}); {Quantity.Time(topology.Idempotency.Window)} would be {Quantity.Count(known)}.";
        }
        else if (known > topology.Idempotency.PaymentsMax)
        {
            yield return $"idempotency.paymentsMax: {Math.Ceiling(known / 1e6) * 1e6:0} (now {topology.Idempotency.PaymentsMax}), or a payment that comes again within "
                + $"{Quantity.Time(topology.Idempotency.Window)} may not be known any more.";
        }

        var megabytes = Math.Ceiling((advised.Process.StateBytes + advised.Process.GrowthBytes) * 1.1 / (1 << 20));
        if (megabytes > topology.StateBytesMax >> 20)
        {
            yield return megabytes <= MegabytesMax
                ? $"state.megabytesMax: {megabytes:0} (now {topology.StateBytesMax >> 20}), or keys are evicted early."
                : $"state.megabytesMax allows {MegabytesMax:0} at most, and {megabytes:0} would be needed.";
        }
    }

    private static string Refusal(CapacityVariant variant) => $"{NameOf(variant.Variant)} "
        + (variant.Fits
            ? $"fits, with {Quantity.Count(variant.Processes)} processes."
            : "does not fit, however many processes: " + string.Join("; ", variant.Process.Limits
                .Where(limit => limit.Share > 1)
                .Select(limit => $"{limit.Name} {Quantity.Of(limit.Used, limit.Unit)} in each, {Quantity.Of(limit.Allowed, limit.Unit)} allowed")) + ".");

    private static string Smaller(CapacityPlan plan) =>
        "What helps: shorter windows and a shorter lateness, which are what events are kept for"
        + (plan.Variants.Any(variant => variant.Variant.OtherRegions) ? "; following fewer regions; " : "; ")
        + "a larger machine; or several deployments, each with its share of the keys.";

    private static string NameOf(FollowVariant variant, CapacityPlan plan) =>
        NameOf(variant) + (!variant.OtherRegions && plan.Variants.Any(other => other.Variant.OtherRegions) ? " without followRegions" : "");

    private static string NameOf(FollowVariant variant) => $"follow: {variant.Follow}" + (variant.OtherRegions ? " with followRegions" : "");
}
