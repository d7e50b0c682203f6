namespace StreamScoring.Contracts;

/// <summary>Milliseconds of processing time that the payment's batch spent.</summary>
/// <param name="Queued">From the record's timestamp in its log until the pipeline took it.</param>
/// <param name="Features">Decoding and folding.</param>
/// <param name="Score">Waiting for a lane, and inference.</param>
/// <param name="Decide">Policy.</param>
/// <param name="Total">From the record's timestamp in its log until the decision.</param>
public readonly record struct DecisionTimings(double Queued, double Features, double Score, double Decide, double Total);
