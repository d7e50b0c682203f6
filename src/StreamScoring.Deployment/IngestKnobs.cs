namespace StreamScoring.Deployment;

/// <summary>Throughput knobs of reading.</summary>
/// <param name="QueueKilobytesMax">Per log: records fetched and not yet taken.</param>
/// <param name="FetchWaitMax">How long a broker may hold back an answer for want of data.</param>
public sealed record IngestKnobs(int BatchRowsMax, int QueueKilobytesMax, TimeSpan FetchWaitMax, TimeSpan MergeWaitMax);
