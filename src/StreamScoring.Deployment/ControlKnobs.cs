namespace StreamScoring.Deployment;

/// <summary>Where the logs are that change the policy.</summary>
/// <param name="Region">Whose topics they are.</param>
/// <param name="Follow">How a process that serves another region reads them; its own it reads
/// directly.</param>
/// <param name="MirrorPrefix">What stands before a topic's name where it is mirrored into the
/// cluster of the region that the process serves.</param>
public sealed record ControlKnobs(string Region, FollowMode Follow, string MirrorPrefix);
