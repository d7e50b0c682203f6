namespace StreamScoring.Deployment;

/// <summary>Where a topic of another region is read.</summary>
public enum FollowMode : byte
{
    None,

    /// <summary>From that region's own brokers.</summary>
    Direct,

    /// <summary>From a copy in the cluster of the region that the process serves.</summary>
    Mirror,
}
