namespace StreamScoring.Tests.Onnx;

/// <summary>What a random ensemble is to look like; its trees come from the seed.</summary>
/// <param name="TargetCount">Targets of a regressor, or classes.</param>
/// <param name="ClassIds">The classes that leaves have weights for; a regressor's leaves have one
/// for some or all targets.</param>
/// <param name="Modes">One of the node modes, or all of them mixed.</param>
/// <param name="MissingTrue">Share of nodes, in percent, where a missing value goes the true way;
/// below 0 the list is left out.</param>
/// <param name="Form">Which operator, and numbers of which kind.</param>
internal sealed record TreeSpec(
    int Seed, bool IsClassifier, int TargetCount, int[] ClassIds, int TreeCount, int DepthMax, int FeatureCount, string[] Modes, int MissingTrue, string PostTransform,
    string Aggregate, int BaseValueCount, bool IsPositive, TreeForm Form = TreeForm.Lists)
{
    /// <summary>Whether features, thresholds and weights are doubles.</summary>
    public bool IsDouble => Form is TreeForm.ListsOfDoubles or TreeForm.RootsOfDoubles;

    /// <summary>Whether the operator is TreeEnsemble of ai.onnx.ml 5.</summary>
    public bool IsRooted => Form is TreeForm.Roots or TreeForm.RootsOfDoubles;
}
