using CsCheck;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using StreamScoring.Batches;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Tests.Onnx;

public sealed class TreeKernelTests
{
    private static readonly string[] AllModes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    private static readonly Gen<string[]> Modes = Gen.Frequency((3, OneOf(AllModes).Select(mode => new[] { mode })), (1, Gen.Const(AllModes)));

    /// <summary>Few trees of any depth mostly, and now and then very many.</summary>
    private static readonly Gen<(int Trees, int Depth)> Sizes = Gen.Frequency(
        (12, Gen.Select(Gen.Int[1, 20], Gen.Int[1, 16])), (2, Gen.Select(Gen.Int[20, 200], Gen.Int[1, 8])), (1, Gen.Select(Gen.Int[1000, 2000], Gen.Int[1, 3])));

    // No softmax: of sums that are large and one ulp apart it is many ulps apart (seed
    // bwvx08kcFEz4).
    private static readonly Gen<TreeSpec> Regressors =
        from seed in Gen.Int[0, int.MaxValue - 1]
        from targets in Gen.Int[1, 4]
        from size in Sizes
        from features in Gen.Int[1, 20]
        from modes in Modes
        from missing in OneOf(-1, 0, 50, 100)
        from transform in OneOf("NONE", "NONE", "LOGISTIC")
        from aggregate in OneOf("SUM", "SUM", "AVERAGE", "MIN", "MAX")
        from hasBase in Gen.Bool
        from form in OneOf(TreeForm.Lists, TreeForm.Lists, TreeForm.ListsOfDoubles, TreeForm.Roots, TreeForm.RootsOfDoubles)
        let isRooted = form is TreeForm.Roots or TreeForm.RootsOfDoubles
        select new TreeSpec(
            seed, false, targets, [.. Enumerable.Range(0, targets)], size.Trees, size.Depth, features, modes, missing, transform, aggregate,
            hasBase && !isRooted ? targets : 0, false, form);

    private static readonly Gen<TreeSpec> Classifiers =
        from seed in Gen.Int[0, int.MaxValue - 1]
        from classes in OneOf<int[]>([2, 0], [2, 1], [2, 0, 1], [3, 0, 1, 2])
        from size in Sizes
        from features in Gen.Int[1, 20]
        from modes in Modes
        from missing in OneOf(-1, 0, 50, 100)
        from transform in OneOf("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
        from baseValues in Gen.Bool
        from isPositive in Gen.Bool
        from form in OneOf(TreeForm.Lists, TreeForm.Lists, TreeForm.ListsOfDoubles)
        select new TreeSpec(
            seed, true, classes[0], classes[1..], size.Trees, size.Depth, features, modes, missing, transform, "SUM", baseValues ? classes[0] == 2 ? 1 : 3 : 0,
            isPositive, form);

    [Fact]
    public void Random_regressors_give_what_ONNX_Runtime_gives() => Regressors.Sample(RequireSame, iter: 250, print: Print);

    [Fact]
    public void Random_classifiers_give_what_ONNX_Runtime_gives() => Classifiers.Sample(RequireSame, iter: 250, print: Print);

    [Fact]
    public void Random_scalers_before_trees_give_what_ONNX_Runtime_gives() => Regressors.Sample(RequireSameScaled, iter: 250, print: Print);

    private static void RequireSameScaled(TreeSpec spec)
    {
        var random = new Random(spec.Seed);
        var model = RandomTrees.Build(spec);
        var isDoubleInput = spec.IsDouble || random.Next(4) == 0;
        ScaledTrees.AddTo(model, spec, isDoubleInput, random);
        var shape = new OnnxShape(
            ["raw"], true, 2, isDoubleInput, "scores", spec.Form == TreeForm.RootsOfDoubles, 2, spec.TargetCount, 0, CallRows.Any, []);
        var (ensemble, _) = TreeGraph.Read(model.Graph, shape, spec.FeatureCount);
        var rowCount = random.Next(1, RowBlock.RowsMax + 1);
        var matrix = new FeatureMatrix(spec.FeatureCount, rowCount);
        foreach (var feature in ensemble.Features)
        {
            for (var row = 0; row < rowCount; row++)
            {
                // Where the scaled value is about a threshold, or anywhere.
                var value = RandomTrees.Value(random, spec.IsDouble);
                matrix.Column(feature.Input)[row] = random.Next(3) == 0 ? value : feature.InputAt(value);
            }
        }

        RequireSame(spec, ensemble, matrix, OnOnnxRuntime(model, "raw", isDoubleInput, matrix, rowCount, spec));
    }

    private static void RequireSame(TreeSpec spec)
    {
        var random = new Random(spec.Seed);
        var model = RandomTrees.Build(spec);
        var rowCount = random.Next(1, RowBlock.RowsMax + 1);
        var matrix = new FeatureMatrix(spec.FeatureCount, rowCount);
        for (var feature = 0; feature < spec.FeatureCount; feature++)
        {
            for (var row = 0; row < rowCount; row++)
            {
                matrix.Column(feature)[row] = RandomTrees.Value(random, spec.IsDouble);
            }
        }

        var features = TreeFeature.Floats(spec.FeatureCount).Select(feature => spec.IsDouble ? feature with { Steps = [] } : feature);
        var ensemble = TreeEnsembleReader.Read(model.Graph.Node[0], [.. features]);
        RequireSame(spec, ensemble, matrix, OnOnnxRuntime(model, "features", spec.IsDouble, matrix, rowCount, spec));
    }

    private static void RequireSame(TreeSpec spec, TreeEnsemble ensemble, FeatureMatrix matrix, double[] expected)
    {
        var rowCount = matrix.RowsMax;
        Assert.Equal(expected.Length, rowCount * ensemble.OutputCount);
        var kernel = new TreeEnsembleKernel(ensemble);
        var together = OnKernel(kernel, matrix, [.. Enumerable.Range(0, rowCount)]);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(AreSame(expected[i], together[i], spec), $"output {i}: ONNX Runtime {expected[i]:R}, the kernel {together[i]:R}");
        }

        // One row is walked, several are masked: both must do the same, to the last bit.
        for (var row = 0; row < rowCount; row++)
        {
            Assert.Equal(together[(row * kernel.OutputCount)..((row + 1) * kernel.OutputCount)], OnKernel(kernel, matrix, [row]));
        }
    }

    /// <summary>
    /// Sums to the last bit; a transform of a sum within two units in the last place at 1, as
    /// exponentials differ between libraries.
    /// </summary>
    private static bool AreSame(double expected, double actual, TreeSpec spec) =>
        expected.Equals(actual) || (spec.PostTransform != "NONE" && Math.Abs(expected - actual) <= 2.4e-7 * Math.Max(1, Math.Abs(expected)));

    private static double[] OnKernel(TreeEnsembleKernel kernel, FeatureMatrix matrix, int[] rows)
    {
        var leaves = kernel.Leaves.NewLeaves();
        kernel.Leaves.Find(matrix, [.. Enumerable.Range(0, matrix.FeatureCount)], rows, kernel.Leaves.NewBlock(), leaves);
        var outputs = new double[rows.Length * kernel.OutputCount];
        kernel.Score(leaves, rows.Length, outputs);
        return outputs;
    }

    private static double[] OnOnnxRuntime(ModelProto model, string inputName, bool isDouble, FeatureMatrix matrix, int rowCount, TreeSpec spec)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(model.ToByteArray(), options);
        var values = Enumerable.Range(0, rowCount).SelectMany(row => Enumerable.Range(0, matrix.FeatureCount).Select(feature => matrix.Column(feature)[row])).ToArray();
        long[] shape = [rowCount, matrix.FeatureCount];
        using var input = isDouble ? OrtValue.CreateTensorValueFromMemory(values, shape)
            : OrtValue.CreateTensorValueFromMemory(values.Select(value => (float)value).ToArray(), shape);
        using var runOptions = new RunOptions();
        using var results = session.Run(runOptions, [inputName], [input], ["scores"]);
        return spec.Form == TreeForm.RootsOfDoubles ? results[0].GetTensorDataAsSpan<double>().ToArray()
            : [.. results[0].GetTensorDataAsSpan<float>().ToArray().Select(value => (double)value)];
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string Print(TreeSpec spec) => $"{spec with { Modes = [] }} modes {string.Join(",", spec.Modes)} ids {string.Join(",", spec.ClassIds)}";
}
