namespace StreamScoring.Onnx.Trees;

/// <summary>
/// An inner node in one of the two forms that all ONNX node modes come down to: value ≤ threshold,
/// or value ≠ threshold. &lt; is ≤ of the next smaller number; &gt;, ≥ and = are the same with
/// children and the way of a missing value exchanged.
/// </summary>
/// <param name="Feature">Column of the row.</param>
/// <param name="Threshold">Of an ensemble of floats a float.</param>
/// <param name="IsUnequal">≠ instead of ≤.</param>
/// <param name="MissingIsTrue">Whether NaN goes where the comparison holds.</param>
/// <param name="WhenTrue">The child where the comparison holds: a split's index, or ~leaf.</param>
/// <param name="WhenFalse">The other child.</param>
/// <param name="FirstLeaf">First of the leaves that a row is kept from where the comparison
/// fails.</param>
/// <param name="EndLeaf">Behind the last of them.</param>
/// <param name="TrueShare">Of the training rows that reached the split, those for which the
/// comparison holds: in (0, 1); a half where it is not known.</param>
internal readonly record struct TreeSplit(
    int Feature, double Threshold, bool IsUnequal, bool MissingIsTrue, int WhenTrue, int WhenFalse, int FirstLeaf, int EndLeaf, double TrueShare)
{
    public bool Holds(double value) => double.IsNaN(value) ? MissingIsTrue : IsUnequal ? value != Threshold : value <= Threshold;
}
