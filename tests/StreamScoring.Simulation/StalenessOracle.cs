using StreamScoring.Contracts;

namespace StreamScoring.Simulation;

/// <summary>Checks that decisions say how stale the other region was.</summary>
/// <param name="isCalm">Nothing but links broke in the run, and no process of the region started
/// over: then a link that is whole makes staleness small.</param>
internal sealed class StalenessOracle(SimulationContext context, bool isCalm)
{
    /// <summary>
    /// What a process that shares its steps with others takes to ask for the ends and to take what
    /// came meanwhile.
    /// </summary>
    /// <remarks>
    /// Records alone say block by block of the log's clock how far it is, so the ends must have
    /// been asked for.
    /// </remarks>
    private const double HealthySecondsMax = 60, SettlingSeconds = 40;

    /// <summary>Changes of the policy end batches, so that it takes more of them.</summary>
    private const double WithPolicyLogSecondsMax = 120;

    /// <summary>A time in the wire form is a float.</summary>
    private const double RoundingSeconds = 0.01;

    /// <exception cref="PromiseBrokenException">A decision is staler than it says, or says that it
    /// is when nothing is broken.</exception>
    public void Check()
    {
        foreach (var decision in context.Cluster.Decisions.SelectMany(log => log.Records).Select(record => DecisionMessagePack.Read(record.Value)))
        {
            var regions = context.Cluster.Logs.FollowedRegions;
            Require(decision.StalenessSeconds.Select(stale => stale.Key).SequenceEqual(regions), decision, "names other regions than those followed");
            foreach (var (_, seconds) in decision.StalenessSeconds)
            {
                Check(decision, seconds);
            }
        }
    }

    private void Check(DecisionRecord decision, double seconds)
    {
        var (atMs, link) = (decision.ReceivedAtMs, context.Link!);
        // Of a mirror the time of its newest record is all that is known, so an idle region looks
        // stale, and a wrong clock is believed.
        var isDirect = !Enumerable.Range(0, context.Cluster.Logs.Count).Any(context.IsMirrored);
        if ((isDirect || !context.HasWrongClocks) && link.Outages.FirstOrDefault(outage => outage.FromMs <= atMs && atMs < outage.UntilMs) is { UntilMs: > 0 } outage)
        {
            var least = (atMs - outage.FromMs) / 1000.0;
            Require(double.IsNaN(seconds) || seconds >= least - RoundingSeconds, decision, $"says {seconds} s, and nothing came for {least} s");
        }

        // What came meanwhile takes no longer to be folded than it took to come.
        var isSettled = atMs - context.StartedAtMs > SettlingSeconds * 1000
            && link.Outages.All(outage => outage.FromMs > atMs || atMs - outage.UntilMs > (SettlingSeconds * 1000) + outage.UntilMs - outage.FromMs);
        Require(!isCalm || !isDirect || !isSettled || seconds <= (context.HasPolicyLog ? WithPolicyLogSecondsMax : HealthySecondsMax), decision, $"says {seconds} s, and the link is whole");
    }

    private static void Require(bool holds, DecisionRecord decision, string otherwise)
    {
        if (!holds)
        {
            throw new PromiseBrokenException($"the decision on {decision.Source} {otherwise}");
        }
    }
}
