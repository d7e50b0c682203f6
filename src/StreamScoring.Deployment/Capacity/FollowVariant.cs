namespace StreamScoring.Deployment.Capacity;

/// <summary>What a process folds beside what it decides.</summary>
/// <param name="WholeRegion">All payments of its region (<c>follow: region</c>), or only those that
/// it owns.</param>
/// <param name="OtherRegions">What the topology says of <c>followRegions</c>, or nothing.</param>
public sealed record FollowVariant(bool WholeRegion, bool OtherRegions)
{
    public string Follow => WholeRegion ? "region" : "none";
}
