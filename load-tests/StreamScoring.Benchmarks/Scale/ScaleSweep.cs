namespace StreamScoring.Benchmarks.Scale;

/// <summary>How the cost of a payment goes with one thing, all else the same.</summary>
/// <param name="Name">What varies; also the heading of the first column.</param>
/// <param name="What">What is run and timed, for the table's caption.</param>
/// <param name="Points">Values of x, ascending.</param>
/// <param name="SlopeMax">
/// The slope of log(cost of a payment) over log(x) up to which it counts as not super-linear: 1
/// where the work of a payment is x, and 0 where it does not depend on x at all, but for some room
/// for caches that hold less and less of it.
/// </param>
/// <param name="Open">Makes a point ready.</param>
internal sealed record ScaleSweep(string Name, string What, IReadOnlyList<int> Points, double SlopeMax, int Payments, Func<int, IScalePoint> Open);
