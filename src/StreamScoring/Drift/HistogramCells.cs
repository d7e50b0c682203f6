namespace StreamScoring.Drift;

/// <summary>
/// The cells of one number among those of a model: its bins, then the rows without a value, and
/// those out of the range of training.
/// </summary>
internal sealed class HistogramCells
{
    private readonly float[] _edges;
    private readonly float _smallest;
    private readonly float _largest;
    private readonly int _first;

    /// <param name="first">Its first cell.</param>
    public HistogramCells(ReferenceHistogram reference, int first)
    {
        (Reference, _first) = (reference, first);
        // A model gets floats. Else a value at an edge would lie on another side of it than in
        // training.
        _edges = [.. reference.Edges.Select(edge => (float)edge)];
        (_smallest, _largest) = ((float)(reference.Smallest ?? double.NaN), (float)(reference.Largest ?? double.NaN));
    }

    public ReferenceHistogram Reference { get; }

    public int Count => BinCount + 2;

    private int BinCount => _edges.Length + 1;

    private int MissingCell => _first + BinCount;

    private int OutOfRangeCell => MissingCell + 1;

    /// <summary>Whether training's range is known.</summary>
    private bool HasRange => !float.IsNaN(_smallest) && !float.IsNaN(_largest);

    public void Add(RollingCounts counts, float value, long weight)
    {
        if (float.IsNaN(value))
        {
            counts.Add(MissingCell, weight);
            return;
        }

        if (value < _smallest || value > _largest)
        {
            counts.Add(OutOfRangeCell, weight);
        }

        if (float.IsFinite(value))
        {
            var at = Array.BinarySearch(_edges, value);
            counts.Add(_first + (at >= 0 ? at : ~at), weight);
        }
    }

    /// <param name="weight">Of all rows in the window.</param>
    /// <param name="rows">How many rows of equal weight would tell as much.</param>
    public StabilityIndex? Psi(RollingCounts counts, long weight, double rows)
    {
        var bins = counts.Totals.Slice(_first, BinCount);
        var known = 0L;
        foreach (var count in bins)
        {
            known += count;
        }

        return known == 0 ? null : StabilityIndex.Of(bins, Reference.Shares, rows * known / weight, Reference.Rows);
    }

    /// <param name="newestWeight">Of the rows that the rates are of; 0: too few.</param>
    public InputDrift Drift(RollingCounts counts, long weight, double rows, long newestWeight) => new(
        Reference.Input, Reference.Weight, Psi(counts, weight, rows),
        newestWeight == 0 ? null : (double)counts.Newest(MissingCell) / newestWeight, Reference.Missing,
        newestWeight == 0 || !HasRange ? null : (double)counts.Newest(OutOfRangeCell) / newestWeight);
}
