namespace StreamScoring.Benchmarks;

/// <summary>
/// Draws keys 0..n-1, key k with a probability proportional to 1 / (k + 1)^exponent.
/// </summary>
/// <remarks>
/// By inversion of the distribution function: exact, and a binary search is cheap enough outside
/// the measured part.
/// </remarks>
internal sealed class ZipfKeys
{
    private readonly double[] _upTo;

    public ZipfKeys(int keys, double exponent)
    {
        _upTo = new double[keys];
        var total = 0.0;
        for (var key = 0; key < keys; key++)
        {
            total += Math.Pow(key + 1, -exponent);
            _upTo[key] = total;
        }
    }

    public int Next(Random random)
    {
        var index = Array.BinarySearch(_upTo, random.NextDouble() * _upTo[^1]);
        return index >= 0 ? index : Math.Min(~index, _upTo.Length - 1);
    }
}
