namespace StreamScoring.Benchmarks.Scale;

/// <summary>What one run at one point cost.</summary>
/// <param name="NsPerPayment">CPU time: it is what grows with the work; wall time also grows with
/// whoever else is at work.</param>
/// <param name="Extra">Other figures of the point; of the table's columns after that of the
/// cost.</param>
internal sealed record ScaleMeasure(double NsPerPayment, IReadOnlyDictionary<string, double> Extra);
