namespace StreamScoring.Drift;

/// <summary>
/// How a number was distributed where a model was trained: an input, or the probability that the
/// model gave. What is null is not known.
/// </summary>
/// <param name="Input">Of the model; empty for its probability.</param>
/// <param name="Edges">Ascending and finite; a value at an edge counts below it.</param>
/// <param name="Shares">[edges + 1] Of the rows that have a finite value; they add up to 1.</param>
public sealed record ReferenceHistogram(string Input, IReadOnlyList<double> Edges, IReadOnlyList<double> Shares)
{
    /// <summary>Rows with a finite value, from which the shares come.</summary>
    public long? Rows { get; init; }

    /// <summary>Of all rows, those without a value; 0 to 1.</summary>
    public double? Missing { get; init; }

    /// <summary>The smallest finite value.</summary>
    public double? Smallest { get; init; }

    /// <summary>The largest finite value.</summary>
    public double? Largest { get; init; }

    /// <summary>How much the model leans on the input, beside its other inputs; at least
    /// 0.</summary>
    public double? Weight { get; init; }

    /// <summary>By its numbers: a card that is read again has lists of its own.</summary>
    public bool Equals(ReferenceHistogram? other) =>
        other is not null && (Input, Rows, Missing, Smallest, Largest, Weight) == (other.Input, other.Rows, other.Missing, other.Smallest, other.Largest, other.Weight)
        && Edges.SequenceEqual(other.Edges) && Shares.SequenceEqual(other.Shares);

    public override int GetHashCode() => HashCode.Combine(Input, Rows, Missing, Smallest, Largest, Weight, Edges.Count);
}
