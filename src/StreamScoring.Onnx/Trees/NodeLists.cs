namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Nodes and leaf weights of all trees as parallel lists: the form of TreeEnsembleClassifier and
/// TreeEnsembleRegressor, to which TreeEnsemble is brought.
/// </summary>
internal sealed record NodeLists
{
    /// <summary>[nodes] A tree's nodes stand together, its root first.</summary>
    public required IReadOnlyList<long> Trees { get; init; }

    /// <summary>[nodes] The node's number in its tree.</summary>
    public required IReadOnlyList<long> Nodes { get; init; }

    /// <summary>[nodes] <c>LEAF</c>, or how the feature is compared with the threshold.</summary>
    public required IReadOnlyList<string> Modes { get; init; }

    /// <summary>[nodes] Of no meaning for a leaf, as what follows.</summary>
    public required IReadOnlyList<long> Features { get; init; }

    /// <summary>[nodes]</summary>
    public required IReadOnlyList<double> Thresholds { get; init; }

    /// <summary>[nodes] Number of the child where the comparison holds.</summary>
    public required IReadOnlyList<long> WhenTrue { get; init; }

    /// <summary>[nodes] Number of the other child.</summary>
    public required IReadOnlyList<long> WhenFalse { get; init; }

    /// <summary>[nodes] 1 where a missing value goes the true way; shorter: 0 for the
    /// rest.</summary>
    public required IReadOnlyList<long> MissingTrue { get; init; }

    /// <summary>[nodes] Empty where it is not known.</summary>
    public required IReadOnlyList<double> HitRates { get; init; }

    /// <summary>[weights] Tree of the leaf that has the weight.</summary>
    public required IReadOnlyList<long> WeightTrees { get; init; }

    /// <summary>[weights] Number of that leaf.</summary>
    public required IReadOnlyList<long> WeightNodes { get; init; }

    /// <summary>[weights] The target that the weight is for.</summary>
    public required IReadOnlyList<long> WeightTargets { get; init; }

    /// <summary>[weights]</summary>
    public required IReadOnlyList<double> Weights { get; init; }

    /// <param name="prefix">Of the names of the weights' lists: <c>class</c> or
    /// <c>target</c>.</param>
    public static NodeLists Of(NodeAttributes attributes, string prefix) => new()
    {
        Trees = attributes.Integers("nodes_treeids"),
        Nodes = attributes.Integers("nodes_nodeids"),
        Modes = attributes.Texts("nodes_modes"),
        Features = attributes.Integers("nodes_featureids"),
        Thresholds = attributes.Numbers("nodes_values"),
        WhenTrue = attributes.Integers("nodes_truenodeids"),
        WhenFalse = attributes.Integers("nodes_falsenodeids"),
        MissingTrue = attributes.Integers("nodes_missing_value_tracks_true"),
        HitRates = attributes.Numbers("nodes_hitrates"),
        WeightTrees = attributes.Integers($"{prefix}_treeids"),
        WeightNodes = attributes.Integers($"{prefix}_nodeids"),
        WeightTargets = attributes.Integers($"{prefix}_ids"),
        Weights = attributes.Numbers($"{prefix}_weights"),
    };
}
