namespace StreamScoring.Training.Boosting;

/// <summary>A comparison of a tree.</summary>
/// <param name="IsEqual">Whether value = <paramref name="Operand"/> is asked; else value ≤
/// it.</param>
/// <param name="MissingTrue">Where a missing value goes.</param>
/// <param name="WhenTrue">A node's index, or ~leaf.</param>
/// <param name="WhenFalse">The same.</param>
internal readonly record struct TreeNode(int Feature, bool IsEqual, float Operand, bool MissingTrue, int WhenTrue, int WhenFalse)
{
    public int Next(ReadOnlySpan<float> row)
    {
        var value = row[Feature];
        var isTrue = float.IsNaN(value) ? MissingTrue : IsEqual ? value == Operand : value <= Operand;
        return isTrue ? WhenTrue : WhenFalse;
    }
}
