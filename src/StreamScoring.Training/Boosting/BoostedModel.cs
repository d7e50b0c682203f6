using StreamScoring.Onnx.Protos;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Boosting;

/// <summary>The mean of the log-odds of boosted trees of some seeds.</summary>
internal sealed class BoostedModel(IReadOnlyList<BoostedMember> members, string description) : IFittedModel, IDisposable
{
    private (RowMatrix Rows, BoostedTree[] Trees, long[][] Counts)? _counted;

    public string Description => $"{description}; {string.Join(" + ", members.Select(member => member.TreeCount))} trees";

    public int? TreeCount => members.Sum(member => member.TreeCount);

    /// <summary>Trees of each member.</summary>
    public IReadOnlyList<int> TreeCounts => [.. members.Select(member => member.TreeCount)];

    public double[] LogOdds(RowMatrix rows)
    {
        var mean = new double[rows.Count];
        foreach (var member in members)
        {
            var own = member.Booster.LogOdds(rows, member.TreeCount);
            for (var row = 0; row < own.Length; row++)
            {
                mean[row] += own[row] / members.Count;
            }
        }

        return mean;
    }

    public ModelProto ToOnnx(PlattLine line, RowMatrix rows, GraphInputs inputs)
    {
        var (trees, counts) = Counted(rows);
        return TreeGraphWriter.Write(trees, line.Scale / members.Count, line.Shift, counts, inputs);
    }

    public Contribute Explainer(RowMatrix rows)
    {
        var (trees, counts) = Counted(rows);
        double[][] means = [.. trees.Select((tree, i) => tree.Means(counts[i]))];
        return (row, contributions) =>
        {
            contributions.Clear();
            for (var i = 0; i < trees.Count; i++)
            {
                trees[i].AddContributions(row, means[i], 1.0 / members.Count, contributions);
            }
        };
    }

    /// <summary>The trees, and how many of the rows reach their nodes.</summary>
    private (IReadOnlyList<BoostedTree> Trees, long[][] Counts) Counted(RowMatrix rows)
    {
        if (_counted is not { } counted || counted.Rows != rows)
        {
            BoostedTree[] trees = [.. members.SelectMany(member => LightGbmText.Trees(member.Booster.Save(member.TreeCount)))];
            var counts = new long[trees.Length][];
            // Every row goes through every tree, which takes seconds of one core for a million
            // rows.
            Parallel.For(0, counts.Length, i => counts[i] = trees[i].CountRows(rows));
            _counted = counted = (rows, trees, counts);
        }

        return (counted.Trees, counted.Counts);
    }

    public void Dispose()
    {
        foreach (var member in members)
        {
            member.Dispose();
        }
    }
}
