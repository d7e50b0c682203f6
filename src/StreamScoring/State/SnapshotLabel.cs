namespace StreamScoring.State;

/// <summary>What a snapshot says of where it comes from, beside the state.</summary>
/// <param name="FeatureText">The feature file's text.</param>
/// <param name="Topics">By <c>region/topic</c>: the topic's id.</param>
/// <param name="Config"><c>sha256:</c> and the hash of the topology.</param>
/// <param name="CreatedAt">By the clock of the process.</param>
internal sealed record SnapshotLabel(string FeatureText, IReadOnlyDictionary<string, string> Topics, string Config, DateTimeOffset CreatedAt);
