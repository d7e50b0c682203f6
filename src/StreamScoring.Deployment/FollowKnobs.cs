namespace StreamScoring.Deployment;

/// <summary>How a process that serves another region reads this one's events.</summary>
/// <param name="Region">Whose events they are.</param>
/// <param name="MirrorPrefix">What stands before a topic's name where it is mirrored into the
/// cluster of the region that the process serves.</param>
public sealed record FollowKnobs(string Region, FollowMode Payments, FollowMode Labels, string MirrorPrefix);
