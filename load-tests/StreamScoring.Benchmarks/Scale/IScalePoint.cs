namespace StreamScoring.Benchmarks.Scale;

/// <summary>One point of a sweep, made ready to be measured several times.</summary>
internal interface IScalePoint : IDisposable
{
    /// <summary>Runs so many payments, or about.</summary>
    ScaleMeasure Measure(int payments);
}
