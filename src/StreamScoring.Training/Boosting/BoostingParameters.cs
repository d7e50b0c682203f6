using System.Globalization;

namespace StreamScoring.Training.Boosting;

/// <summary>How trees are grown: what a search looks for.</summary>
/// <param name="Leaves">Of a tree.</param>
/// <param name="LearningRate">What a tree's leaves are multiplied by.</param>
/// <param name="RowsPerLeaf">Training rows that a leaf has at least.</param>
/// <param name="InputShare">Of the inputs, drawn anew for each tree.</param>
/// <param name="RowShare">Of the rows, drawn anew for each tree.</param>
/// <param name="L2">Pulls leaves towards zero.</param>
public sealed record BoostingParameters(int Leaves, double LearningRate, int RowsPerLeaf, double InputShare, double RowShare, double L2)
{
    public static readonly BoostingParameters Default = new(31, 0.05, 20, 1, 1, 0);

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"leaves {Leaves}, learning rate {LearningRate}, rows per leaf {RowsPerLeaf}, input share {InputShare}, row share {RowShare}, l2 {L2}");
}
