namespace StreamScoring.Onnx.Trees;

/// <summary>One tree. Leaves are numbered from the side where comparisons hold.</summary>
/// <param name="Splits">
/// Parents before children; the first is the root. Empty where the tree is a single leaf. A split
/// may have the same child for a failed comparison as its other child has: converters write "one of
/// these values" as a chain of comparisons with one way out.
/// </param>
/// <param name="LeafCount">At least one.</param>
/// <param name="Weights">[targets * leaves] Target by target: what a leaf adds to it; NaN for
/// nothing.</param>
internal sealed record DecisionTree(IReadOnlyList<TreeSplit> Splits, int LeafCount, IReadOnlyList<double> Weights);
