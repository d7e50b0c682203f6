namespace StreamScoring.Deployment.Capacity;

/// <summary>An entity, over all payments of all regions.</summary>
/// <param name="KeysAreGiven">False where nothing was said of it.</param>
/// <param name="IsPartitioned">Whether all payments of a key lie in one partition: its fields hold
/// the partitioning one.</param>
/// <param name="Keys">Those given, or as many as there are payments in sight, if these are
/// fewer.</param>
/// <param name="InSightSeconds">Of an event: the longest window, its delay and
/// <c>lateness</c>.</param>
/// <param name="IsForgotten">Whether keys go that are idle for so long.</param>
/// <param name="EventBytes">Of an event, before what blocks have free.</param>
public sealed record EntityCapacity(
    string Entity, bool IsPartitioned, bool KeysAreGiven, double Keys, double InSightSeconds, bool IsForgotten, double EventsPerKey, int EventBytes, int ExactEvents);
