using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx.Explaining;

public sealed class TreePathTests
{
    private static readonly string[] AllModes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    /// <summary>
    /// Targets are drawn as -n for a regressor of n; else as the number of classes, and the classes
    /// that leaves have weights for.
    /// </summary>
    private static readonly Gen<TreeSpec> Specs =
        from seed in Gen.Int[0, int.MaxValue - 1]
        from targets in OneOf<int[]>([-1], [-1], [-3], [2, 0], [2, 1], [2, 0, 1], [3, 0, 1, 2])
        from trees in Gen.Int[1, 30]
        from depth in Gen.Int[1, 8]
        from features in Gen.Int[1, 10]
        from mode in Gen.Int[0, AllModes.Length]
        from missing in OneOf(-1, 0, 50, 100)
        from transform in OneOf("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
        from aggregate in OneOf("SUM", "AVERAGE")
        from isPositive in Gen.Bool
        from form in OneOf(TreeForm.Lists, TreeForm.ListsOfDoubles)
        let isClassifier = targets[0] > 0
        let targetCount = Math.Abs(targets[0])
        select new TreeSpec(
            seed, isClassifier, targetCount, isClassifier ? targets[1..] : [.. Enumerable.Range(0, targetCount)], trees, depth, features,
            mode == AllModes.Length ? AllModes : [AllModes[mode]], missing, transform, aggregate, isClassifier && targetCount == 2 ? 1 : targetCount, isPositive, form);

    [Fact]
    public void The_bias_and_the_contributions_of_a_row_add_up_to_what_the_trees_add_up_to() => Specs.Sample(RequireExact, iter: 300, print: Print);

    [Theory]
    [InlineData(false, 3, 2, 2, -2)]
    [InlineData(true, 2.2, 1.8, 3, -1.2)]
    public void Contributions_of_a_small_tree_are_those_worked_out_by_hand(bool hasRates, double bias, double first, double second, double firstMissing)
    {
        // Leaf values 1, 3 and 7: the inner split is worth (3 + 7) / 2 = 5, or by its rows (30 * 3
        // + 10 * 7) / 40 = 4.
        var paths = Paths(SmallTree(hasRates ? [100, 60, 40, 30, 10] : null));
        Assert.Equal(bias, paths.Bias, 1e-12);
        RequireContributions(paths, [1, 3], [first, second]);
        RequireContributions(paths, [double.NaN, 3], [firstMissing, 0]);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(100, 60, 40, 40, 0)]
    [InlineData(100, 60, 40, 50, -10)]
    public void Hit_rates_that_say_nothing_leave_every_child_a_half(params int[] rates) =>
        Assert.Equal(3, Paths(SmallTree([.. rates.Select(rate => (float)rate)])).Bias, 1e-12);

    [Fact]
    public void Rows_that_reach_a_shared_leaf_on_several_ways_count_on_the_way_they_came()
    {
        // 100 rows: 20 to leaf 8; of the 80 others 10 have the value 1 and 20 the value 2, which
        // share leaf 5; 50 go to leaf 1.
        var paths = Paths(SmallModels.Trees(
            ["BRANCH_LEQ", "LEAF", "BRANCH_EQ", "LEAF", "BRANCH_EQ", "LEAF"], [0, 0, 1, 0, 1, 0], [0, 0, 1, 0, 2, 0], [1, 0, 3, 0, 3, 0], [2, 0, 4, 0, 5, 0],
            [0, 0, 0, 0, 0, 0], [(1, 8), (3, 5), (5, 1)], [100, 20, 80, 30, 70, 50]));
        const double OfChain = ((30 * 5) + (50 * 1)) / 80.0;
        const double OfRoot = ((20 * 8) + (30 * 5) + (50 * 1)) / 100.0;
        Assert.Equal(OfRoot, paths.Bias, 1e-12);
        RequireContributions(paths, [1, 2], [OfChain - OfRoot, 5 - OfChain]);
        RequireContributions(paths, [1, 3], [OfChain - OfRoot, 1 - OfChain]);
    }

    [Fact]
    public void The_smallest_or_largest_leaf_is_not_explained_by_paths()
    {
        var ensemble = TreeEnsembleReader.Read(SmallTree(null), TreeFeature.Floats(2));
        Assert.True(TreePaths.Covers(ensemble));
        Assert.False(TreePaths.Covers(ensemble with { Aggregate = TreeAggregate.Min }));
        Assert.False(TreePaths.Covers(ensemble with { Aggregate = TreeAggregate.Max }));
    }

    private static NodeProto SmallTree(float[]? hitRates) => SmallModels.Trees(
        ["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"], [0, 0, 1, 0, 0], [0.5f, 0, 2, 0, 0], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0], [1, 0, 0, 0, 0],
        [(1, 1), (3, 3), (4, 7)], hitRates);

    private static TreePaths Paths(NodeProto node) => new(TreeEnsembleReader.Read(node, TreeFeature.Floats(2)), [1]);

    private static void RequireContributions(TreePaths paths, double[] row, double[] expected)
    {
        using var explainer = new TreePathExplainer(paths, [1, 0]);
        double[] contributions = [double.NaN, double.NaN];
        explainer.Explain(SmallModels.MatrixOf([0, 0], [.. row.Reverse()]), [1], contributions);
        Assert.Equal(expected[0], contributions[0], 1e-12);
        Assert.Equal(expected[1], contributions[1], 1e-12);
    }

    private static void RequireExact(TreeSpec spec)
    {
        var random = new Random(spec.Seed);
        var node = RandomTrees.Build(spec).Graph.Node[0];
        if (random.Next(2) == 0)
        {
            var nodeCount = node.Attribute.Single(attribute => attribute.Name == "nodes_modes").Strings.Count;
            node.Attribute.Add(Floats("nodes_hitrates", Enumerable.Range(0, nodeCount).Select(_ => (float)random.Next(1, 1000))));
        }

        // The trees' features are the model's inputs in another order, and the inputs the matrix's
        // columns in yet another.
        int[] inputs = [.. Enumerable.Range(0, spec.FeatureCount)], columns = [.. inputs];
        random.Shuffle(inputs);
        random.Shuffle(columns);
        var ensemble = TreeEnsembleReader.Read(node, [.. inputs.Select(input => Feature(spec, input, random))]);
        var outputColumn = random.Next(ensemble.OutputCount);
        var isDescending = random.Next(4) == 0;
        var matrix = SmallModels.MatrixOf([.. Enumerable.Range(0, 20).Select(_ => inputs.Select(_ => RandomTrees.Value(random, spec.IsDouble)).ToArray())]);

        var paths = new TreePaths(ensemble, RiskWeights.Of(ensemble, outputColumn, isDescending));
        using var explainer = new TreePathExplainer(paths, columns);
        var contributions = new double[inputs.Length];
        var scale = ensemble.Trees.Sum(tree => tree.Weights.Where(double.IsFinite).Max(Math.Abs)) + 1;
        var (together, walked, block) = (new double[matrix.RowsMax * inputs.Length], new double[inputs.Length], new RowBlock(inputs.Length));
        explainer.Explain(matrix, [.. Enumerable.Range(0, matrix.RowsMax)], together);
        for (var row = 0; row < matrix.RowsMax; row++)
        {
            explainer.Explain(matrix, [row], contributions);
            Assert.Equal(contributions, together[(row * inputs.Length)..((row + 1) * inputs.Length)]);
            Array.Clear(walked);
            paths.Reader.Read(matrix, [.. inputs.Select(input => columns[input])], [row], block);
            paths.AddContributions(block, walked);
            Assert.All(walked.Zip(contributions), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * scale));
            var expected = (isDescending ? -1 : 1) * Explained(ensemble, Untransformed(ensemble, columns, matrix, row), outputColumn);
            Assert.Equal(expected, paths.Bias + contributions.Sum(), 1e-6 * scale);
        }
    }

    /// <summary>Half of them scaled.</summary>
    private static TreeFeature Feature(TreeSpec spec, int input, Random random)
    {
        var step = new ColumnStep(ColumnOperator.Multiply, random.Next(2) == 0 ? 1 : -1.25f);
        return spec.IsDouble ? new TreeFeature(input, [step]) : TreeFeature.Float(input).Then(step, ColumnStep.Round);
    }

    /// <returns>[outputs] Of the kernel, without a transform.</returns>
    private static double[] Untransformed(TreeEnsemble ensemble, int[] columns, FeatureMatrix matrix, int row)
    {
        var kernel = new TreeEnsembleKernel(ensemble with { PostTransform = PostTransform.None });
        return [.. Enumerable.Range(0, ensemble.OutputCount).Select(output =>
        {
            using var lane = new TreeScorer(kernel, output).OpenLane(columns);
            var raw = new double[1];
            lane.Score(matrix, [row], raw);
            return raw[0];
        })];
    }

    /// <returns>What the contributions are of.</returns>
    private static double Explained(TreeEnsemble ensemble, double[] outputs, int column)
    {
        switch (ensemble.Output)
        {
            case TreeOutput.Complement or TreeOutput.Opposite:
                return column == 1 ? outputs[1] : -outputs[1];
            case TreeOutput.OneEach when ensemble.PostTransform is PostTransform.Softmax or PostTransform.SoftmaxZero && outputs.Length > 1:
                return outputs[column] - outputs.Where((_, other) => other != column).Average();
            default:
                return outputs[column];
        }
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string Print(TreeSpec spec) => $"{spec with { Modes = [] }} modes {string.Join(",", spec.Modes)} ids {string.Join(",", spec.ClassIds)}";
}
