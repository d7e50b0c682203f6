using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Boosting;

/// <summary>One tree: comparisons down to a leaf, whose value is added to the log-odds.</summary>
/// <param name="Nodes">The first is the root, and each stands before those it leads to; none where
/// the tree is one leaf. Several may have one way out where they hold, and none where they do
/// not.</param>
/// <param name="Leaves">Log-odds.</param>
internal sealed record BoostedTree(IReadOnlyList<TreeNode> Nodes, IReadOnlyList<double> Leaves)
{
    /// <summary>
    /// How many rows reach each node. LightGBM's own counts are of the rows that it drew for a
    /// tree, and not of the values of a category.
    /// </summary>
    /// <returns>[nodes + leaves] The nodes, then the leaves.</returns>
    public long[] CountRows(RowMatrix rows)
    {
        TreeNode[] nodes = [.. Nodes];
        var counts = new long[nodes.Length + Leaves.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            var values = rows[row];
            var at = nodes.Length > 0 ? 0 : ~0;
            while (at >= 0)
            {
                counts[at]++;
                at = nodes[at].Next(values);
            }

            counts[nodes.Length + ~at]++;
        }

        return counts;
    }

    /// <param name="counts">As <see cref="CountRows"/> gives them.</param>
    /// <returns>[nodes + leaves] The mean of the leaves that rows reach from there.</returns>
    public double[] Means(long[] counts)
    {
        var means = new double[counts.Length];
        for (var leaf = 0; leaf < Leaves.Count; leaf++)
        {
            means[Nodes.Count + leaf] = Leaves[leaf];
        }

        for (var i = Nodes.Count - 1; i >= 0; i--)
        {
            var (whenTrue, whenFalse) = (Place(Nodes[i].WhenTrue), Place(Nodes[i].WhenFalse));
            var falseShare = counts[i] == 0 ? 0.5 : (double)counts[whenFalse] / counts[i];
            means[i] = (falseShare * means[whenFalse]) + ((1 - falseShare) * means[whenTrue]);
        }

        return means;
    }

    /// <summary>Adds what each comparison on a row's way changes the mean by to its
    /// input.</summary>
    /// <param name="means">As <see cref="Means"/> gives them.</param>
    /// <param name="contributions">[inputs] Updated in place.</param>
    public void AddContributions(ReadOnlySpan<float> row, double[] means, double scale, Span<double> contributions)
    {
        for (var at = Nodes.Count > 0 ? 0 : ~0; at >= 0;)
        {
            var next = Nodes[at].Next(row);
            contributions[Nodes[at].Feature] += scale * (means[Place(next)] - means[at]);
            at = next;
        }
    }

    /// <returns>Of a child: its place behind the nodes if it is a leaf.</returns>
    private int Place(int child) => child >= 0 ? child : Nodes.Count + ~child;
}
