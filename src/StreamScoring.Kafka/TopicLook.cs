namespace StreamScoring.Kafka;

/// <summary>What the brokers say of some topics.</summary>
/// <param name="Ids">By <c>region/topic</c>: the id of each that is there; those of which the
/// brokers tell no id are left out.</param>
/// <param name="Missing">Those that are not there, as <c>region/topic</c>.</param>
/// <param name="Short">Those that have too few partitions, a sentence each: made again otherwise
/// than the topology says.</param>
public sealed record TopicLook(IReadOnlyDictionary<string, string> Ids, IReadOnlyList<string> Missing, IReadOnlyList<string> Short);
