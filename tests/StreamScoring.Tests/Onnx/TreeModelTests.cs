using Google.Protobuf;
using StreamScoring.Batches;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx;

public sealed class TreeModelTests : IDisposable
{
    private static readonly TreeSpec Plain = new(7, false, 1, [0], 20, 5, 6, ["BRANCH_LEQ"], 50, "NONE", "SUM", 0, false);

    private readonly string _folder = Directory.CreateTempSubdirectory("trees").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("topology/generated/model")]
    [InlineData("topology/handbook/model")]
    public void A_shipped_model_is_served_by_the_tree_kernel_and_its_golden_rows_are_those_of_ONNX_Runtime(string name)
    {
        var folder = Path.Combine(SharedFolder.RepositoryRoot, name);
        using var trees = OnnxModelLoader.LoadFolder(folder);
        using var onnx = OnnxModelLoader.LoadFolder(folder, ScoringEngine.OnnxRuntime);
        Assert.Equal(("trees", "onnxruntime"), (trees.Engine, onnx.Engine));
        Assert.Empty(trees.Notices);
        Assert.Empty(onnx.Notices);
        RequireSameScores(onnx, trees, ScoringTable.Read(Path.Combine(folder, OnnxModelLoader.GoldenFile), onnx.Inputs));
    }

    [SharedTheory]
    [InlineData("lightgbm-tensor", null)]
    [InlineData("lightgbm-zipmap", null)]
    [InlineData("lightgbm-missing", null)]
    [InlineData("lightgbm-categorical", null)]
    [InlineData("lightgbm-boosted-score", OutputKind.Score)]
    [InlineData("catboost-zipmap", null)]
    [InlineData("xgboost-tensor", null)]
    [InlineData("forest-columns", null)]
    [InlineData("fixed-batch", null)]
    [InlineData("bench-100x6", null)]
    [InlineData("bench-400x6", null)]
    public void A_model_of_another_toolchain_is_served_by_the_tree_kernel(string name, OutputKind? kind)
    {
        var (path, data) = (SharedFolder.PathOf("models", name, "model.onnx"), SharedFolder.PathOf("models", name, "rows.csv"));
        using var trees = OnnxModelLoader.LoadFile(path, ColumnsOf(data), kind);
        using var onnx = OnnxModelLoader.LoadFile(path, ColumnsOf(data), kind, ScoringEngine.OnnxRuntime);
        Assert.Equal("trees", trees.Engine);
        RequireSameScores(onnx, trees, ScoringTable.Read(data, onnx.Inputs));
    }

    [SharedTheory]
    [InlineData("pipeline-with-text", null, " makes of the inputs")]
    [InlineData("isolation-forest", OutputKind.Score, "ensembles of trees")]
    [InlineData("logistic-named-columns", null, "its graph holds no trees")]
    [InlineData("logistic-double", null, "its graph holds no trees")]
    [InlineData("torch-logit", OutputKind.Logit, "its graph holds no trees")]
    public void A_model_that_the_tree_kernel_does_not_cover_is_served_by_ONNX_Runtime_and_says_why(string name, OutputKind? kind, string reason)
    {
        var data = SharedFolder.PathOf("models", name, "rows.csv");
        using var model = OnnxModelLoader.LoadFile(SharedFolder.PathOf("models", name, "model.onnx"), ColumnsOf(data), kind);
        Assert.Equal("onnxruntime", model.Engine);
        Assert.Contains(model.Notices, notice => notice.StartsWith("ONNX Runtime serves it, not the tree kernel: ", StringComparison.Ordinal) && notice.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Sigmoid", "its output is made by Sigmoid, after the trees")]
    [InlineData("Mul", "its output is made by Mul, after the trees")]
    public void A_graph_that_is_not_covered_still_serves_and_says_why(string after, string reason)
    {
        var model = RandomTrees.Build(Plain);
        var node = new NodeProto { OpType = after };
        if (after == "Mul")
        {
            model.Graph.Initializer.Add(new TensorProto { Name = "half", DataType = 1, FloatData = { 0.5f } });
            node.Input.Add("half");
        }

        Append(model, node);
        using var loaded = Load(model);
        Assert.Equal("onnxruntime", loaded.Engine);
        Assert.Contains(loaded.Notices, notice => notice.EndsWith(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Columns_put_together_before_the_trees_and_a_factor_of_one_after_them_change_nothing()
    {
        var model = RandomTrees.Build(Plain);
        var parts = Enumerable.Range(0, Plain.FeatureCount).Select(i => $"f{i}").Reverse().ToList();
        model.Graph.Input.Clear();
        foreach (var part in parts.Order())
        {
            var input = new ValueInfoProto { Name = part, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = new TensorShapeProto() } } };
            input.Type.TensorType.Shape.Dim.Add([new TensorShapeProto.Types.Dimension { DimParam = "rows" }, new TensorShapeProto.Types.Dimension { DimValue = 1 }]);
            model.Graph.Input.Add(input);
        }

        var concat = new NodeProto { OpType = "Concat", Output = { "features" } };
        concat.Input.Add(parts);
        concat.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeType.Int, I = 1 });
        model.Graph.Node.Insert(0, concat);
        model.Graph.Initializer.Add(new TensorProto { Name = "one", DataType = 1, FloatData = { 1f } });
        Append(model, new NodeProto { OpType = "Mul", Input = { "one" } });
        using var trees = Load(model);
        Assert.Equal("trees", trees.Engine);
    }

    [Theory]
    [InlineData(nameof(TreeForm.ListsOfDoubles))]
    [InlineData(nameof(TreeForm.Roots))]
    [InlineData(nameof(TreeForm.RootsOfDoubles))]
    public void Trees_of_doubles_and_of_the_newest_operator_are_served_by_the_tree_kernel(string form)
    {
        var spec = Plain with { Form = Enum.Parse<TreeForm>(form) };
        using var plain = Load(RandomTrees.Build(spec));
        var scaled = RandomTrees.Build(spec);
        ScaledTrees.AddTo(scaled, spec, isDoubleInput: spec.IsDouble, new Random(5));
        using var behindScalers = Load(scaled);
        Assert.Equal(("trees", "trees"), (plain.Engine, behindScalers.Engine));
    }

    [Theory]
    [InlineData("Sqrt", "its trees read what Sqrt makes of the inputs")]
    [InlineData("Sub", "its trees read what Sub makes of the inputs, and not of a constant for each")]
    [InlineData("Scaler", "a scaler has 2 numbers for 6 columns")]
    public void A_graph_that_computes_something_else_before_the_trees_is_not_covered(string op, string reason)
    {
        var node = new NodeProto { OpType = op, Input = { "features" }, Output = { "computed" } };
        if (op == "Sub")
        {
            node.Input.Add("features");
        }

        node.Attribute.Add([Floats("offset", [1, 2]), Floats("scale", [1, 2])]);
        var graph = RandomTrees.Build(Plain).Graph;
        graph.Node.Add(node);
        var shape = new OnnxShape(["features"], true, 2, false, "scores", false, 2, 1, 0, CallRows.Any, []);
        var error = Assert.Throws<TreesNotCoveredException>(() => new TreeColumns(graph, new Constants(graph), shape, Plain.FeatureCount).Of("computed"));
        Assert.Equal(reason, error.Message);
    }

    [Fact]
    public void Many_columns_are_covered_and_a_loop_of_nodes_is_not()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(i => $"f{i}")];
        var concat = new NodeProto { OpType = "Concat", Output = { "columns" } };
        concat.Input.Add(names);
        concat.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeType.Int, I = 1 });
        var graph = new GraphProto { Node = { concat, new NodeProto { OpType = "Identity", Input = { "loop" }, Output = { "loop" } } } };
        var shape = new OnnxShape(names, false, 2, false, "scores", false, 2, 1, 0, CallRows.Any, []);
        Assert.Equal(Enumerable.Range(0, 1000), new TreeColumns(graph, new Constants(graph), shape, 1000).Of("columns").Select(feature => feature.Input));
        var error = Assert.Throws<TreesNotCoveredException>(() => new TreeColumns(graph, new Constants(graph), shape, 1000).Of("loop"));
        Assert.Equal("there are too many nodes before its trees", error.Message);
    }

    [Theory]
    [InlineData("nodes_truenodeids", 0, "its trees share nodes")]
    [InlineData("nodes_truenodeids", 99_999, "has no node 99999")]
    [InlineData("leaf", 99_999, "has no leaf 99999")]
    [InlineData("tree_roots", 99_999, "tree 0 begins at node 99999 of")]
    [InlineData("leaf_targetids", 3, "to target 3 of 1")]
    public void Broken_trees_of_the_newest_operator_are_refused_with_the_reason(string list, long value, string reason)
    {
        var node = RandomTrees.Build(Plain with { Form = TreeForm.Roots }).Graph.Node[0];
        var isLeaf = List(node, "nodes_trueleafs").Ints;
        var at = list == "nodes_truenodeids" ? isLeaf.IndexOf(0) : list == "leaf" ? isLeaf.IndexOf(1) : 0;
        List(node, list == "leaf" ? "nodes_truenodeids" : list).Ints[at] = value;

        var error = Assert.Throws<TreesNotCoveredException>(() => TreeEnsembleReader.Read(node, TreeFeature.Floats(Plain.FeatureCount)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_of_values_and_a_leaf_without_a_split_are_refused()
    {
        var set = RandomTrees.Build(Plain with { Form = TreeForm.Roots }).Graph.Node[0];
        var modes = List(set, "nodes_modes").T;
        modes.RawData = ByteString.CopyFrom([6, .. modes.RawData.Span[1..]]);
        Assert.Equal("it has a node of the mode 6", Assert.Throws<TreesNotCoveredException>(() => TreeEnsembleReader.Read(set, TreeFeature.Floats(Plain.FeatureCount))).Message);

        var bare = RandomTrees.Build(Plain with { Form = TreeForm.Roots }).Graph.Node[0];
        foreach (var side in (ReadOnlySpan<string>)["true", "false"])
        {
            (List(bare, $"nodes_{side}nodeids").Ints[0], List(bare, $"nodes_{side}leafs").Ints[0]) = (7, 1);
        }

        Assert.Equal("tree 0 is a single leaf", Assert.Throws<TreesNotCoveredException>(() => TreeEnsembleReader.Read(bare, TreeFeature.Floats(Plain.FeatureCount))).Message);
    }

    [Theory]
    [InlineData("nodes_truenodeids", 0, "has two parents")]
    [InlineData("nodes_truenodeids", 99_999, "has no child 99999")]
    [InlineData("nodes_featureids", 77, "it splits by feature 77 of 6")]
    [InlineData("nodes_nodeids", 1, "is there twice")]
    [InlineData("nodes_modes", 0, "its lists of nodes are empty or differ in length")]
    [InlineData("target_ids", 3, "to target 3 of 1")]
    [InlineData("post_transform", 0, "its post_transform is PROBIT")]
    public void Trees_that_are_broken_are_refused_with_the_reason(string list, long value, string reason)
    {
        var node = RandomTrees.Build(Plain).Graph.Node[0];
        var attribute = node.Attribute.Single(attribute => attribute.Name == list);
        if (attribute.Strings.Count > 0)
        {
            attribute.Strings.RemoveAt(0);
        }
        else if (attribute.Ints.Count > 0)
        {
            attribute.Ints[0] = value;
        }
        else
        {
            attribute.S = ByteString.CopyFromUtf8("PROBIT");
        }

        var error = Assert.Throws<TreesNotCoveredException>(() => TreeEnsembleReader.Read(node, TreeFeature.Floats(Plain.FeatureCount)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_comparisons_that_sends_missing_values_different_ways_is_refused()
    {
        var node = new NodeProto { OpType = "TreeEnsembleRegressor" };
        node.Attribute.Add([
            Integers("nodes_treeids", [0, 0, 0, 0]), Integers("nodes_nodeids", [0, 1, 2, 3]), Integers("nodes_featureids", [0, 0, 0, 0]),
            Texts("nodes_modes", ["BRANCH_EQ", "LEAF", "BRANCH_EQ", "LEAF"]), Floats("nodes_values", [1, 0, 2, 0]), Integers("nodes_truenodeids", [1, 0, 1, 0]),
            Integers("nodes_falsenodeids", [2, 0, 3, 0]), Integers("nodes_missing_value_tracks_true", [0, 0, 1, 0]), Integers("target_treeids", [0, 0]),
            Integers("target_nodeids", [1, 3]), Integers("target_ids", [0, 0]), Floats("target_weights", [1, 2]),
        ]);
        var error = Assert.Throws<TreesNotCoveredException>(() => TreeEnsembleReader.Read(node, TreeFeature.Floats(1)));
        Assert.Equal("comparisons of tree 0 with one way out send missing values different ways", error.Message);

        node.Attribute.Single(attribute => attribute.Name == "nodes_missing_value_tracks_true").Ints[2] = 0;
        Assert.Equal(2, Assert.Single(TreeEnsembleReader.Read(node, TreeFeature.Floats(1)).Trees).LeafCount);
    }

    [Fact]
    public void A_kernel_that_differs_from_ONNX_Runtime_is_refused_with_the_row()
    {
        using var onnx = Load(RandomTrees.Build(Plain));
        var other = TreeEnsembleReader.Read(RandomTrees.Build(Plain with { Seed = 8 }).Graph.Node[0], TreeFeature.Floats(Plain.FeatureCount));
        var error = Assert.Throws<TreesNotCoveredException>(() => TreeKernelChoice.RequireSame(
            onnx, new TreeScorer(new TreeEnsembleKernel(other), 0), TreeProbe.Rows(other, Plain.FeatureCount), TreeProbe.RowCount, "probe"));
        Assert.Contains("for probe row 0 ONNX Runtime gives", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scoring_allocates_nothing_and_every_row_comes_out_the_same_in_any_company()
    {
        using var model = Load(RandomTrees.Build(Plain));
        Assert.Equal("trees", model.Engine);
        var random = new Random(3);
        var matrix = new FeatureMatrix(Plain.FeatureCount, 300);
        for (var feature = 0; feature < Plain.FeatureCount; feature++)
        {
            foreach (ref var value in matrix.Column(feature))
            {
                value = RandomTrees.Value(random);
            }
        }

        int[] rows = [.. Enumerable.Range(0, 300).Reverse()];
        using var lane = model.OpenLane([.. Enumerable.Range(0, Plain.FeatureCount)], rows.Length);
        var (together, parts) = (new double[rows.Length], new double[rows.Length]);
        lane.Score(matrix, rows, together);
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (int first = 0, count = 1; first < rows.Length; first += count, count = Math.Min((count % 40) + 1, rows.Length - first))
            {
                lane.Score(matrix, rows.AsSpan(first, count), parts.AsSpan(first, count));
            }
        }));
        Assert.Equal(together, parts);
    }

    private static void RequireSameScores(OnnxModel onnx, OnnxModel trees, ScoringTable table)
    {
        int[] columns = [.. Enumerable.Range(0, onnx.Inputs.Count)], rows = [.. Enumerable.Range(0, table.RowCount)];
        var (expected, actual) = (new double[rows.Length], new double[rows.Length]);
        using var onnxLane = onnx.OpenLane(columns, rows.Length);
        using var treeLane = trees.OpenLane(columns, rows.Length);
        onnxLane.Score(table.Features, rows, expected);
        treeLane.Score(table.Features, rows, actual);
        for (var row = 0; row < rows.Length; row++)
        {
            Assert.Equal(expected[row], actual[row], 2.4e-7 * Math.Max(1, Math.Abs(expected[row])));
        }
    }

    /// <summary>Puts a node behind the last one, which becomes its last input.</summary>
    private static void Append(ModelProto model, NodeProto node)
    {
        model.Graph.Node[^1].Output[0] = "trees";
        node.Input.Add("trees");
        node.Output.Add("scores");
        model.Graph.Node.Add(node);
    }

    private OnnxModel Load(ModelProto model)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return OnnxModelLoader.LoadFile(path, [.. Enumerable.Range(0, Plain.FeatureCount).Select(i => $"f{i}")], OutputKind.Score);
    }

    private static AttributeProto List(NodeProto node, string name) => node.Attribute.Single(attribute => attribute.Name == name);

    private static List<string> ColumnsOf(string path)
    {
        using var reader = TableReader.Open(path);
        return [.. reader.Columns.Where(column => column != "payment_id")];
    }
}
