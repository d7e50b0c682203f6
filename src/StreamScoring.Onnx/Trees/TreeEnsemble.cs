namespace StreamScoring.Onnx.Trees;

/// <summary>
/// An operator of trees, checked, and without what only its file form needs.
/// </summary>
internal sealed record TreeEnsemble
{
    public required IReadOnlyList<DecisionTree> Trees { get; init; }

    /// <summary>
    /// Whether splits know the share of training rows that goes either way; else it is a half.
    /// </summary>
    public required bool HasHitRates { get; init; }

    /// <summary>What splits compare.</summary>
    public required IReadOnlyList<TreeFeature> Features { get; init; }

    /// <summary>
    /// Whether features, thresholds and sums are doubles; else floats, which stand here as doubles.
    /// </summary>
    public required bool IsDouble { get; init; }

    /// <summary>Whether what comes out is rounded to floats.</summary>
    public required bool IsRounded { get; init; }

    /// <summary>Aggregates of a row.</summary>
    public required int TargetCount { get; init; }

    public required TreeAggregate Aggregate { get; init; }

    public required PostTransform PostTransform { get; init; }

    /// <summary>[targets] Added to the aggregates.</summary>
    public required IReadOnlyList<double> BaseValues { get; init; }

    /// <summary>How aggregates become outputs.</summary>
    public required TreeOutput Output { get; init; }

    /// <summary>Numbers of a row that come out.</summary>
    public int OutputCount => Output is TreeOutput.OneEach or TreeOutput.OneBare ? TargetCount : 2;
}
