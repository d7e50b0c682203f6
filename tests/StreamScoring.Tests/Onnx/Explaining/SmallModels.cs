using Google.Protobuf;
using StreamScoring.Batches;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx.Explaining;

/// <summary>
/// Models whose contributions can be worked out by hand, and folders that hold them.
/// </summary>
internal static class SmallModels
{
    private const int FloatElement = 1, TextElement = 8;

    /// <summary>One tensor in, the sum of weight * input out.</summary>
    public static ModelProto Linear(params float[] weights)
    {
        var graph = new GraphProto { Name = "linear" };
        graph.Initializer.Add(new TensorProto { Name = "weights", DataType = FloatElement, Dims = { weights.Length, 1 }, FloatData = { weights } });
        graph.Node.Add(new NodeProto { OpType = "MatMul", Input = { "features", "weights" }, Output = { "score" } });
        graph.Input.Add(Value("features", FloatElement, weights.Length));
        graph.Output.Add(Value("score", FloatElement, 1));
        return Model(graph);
    }

    /// <summary>
    /// The inputs <c>channel</c>, a text, and <c>amount</c>; the amount times 4 for the channel
    /// web, and times 2 for others.
    /// </summary>
    public static ModelProto AmountByChannel()
    {
        var graph = new GraphProto { Name = "product" };
        var encoder = new NodeProto { OpType = "LabelEncoder", Domain = "ai.onnx.ml", Input = { "channel" }, Output = { "factor" } };
        encoder.Attribute.Add([
            Texts("keys_strings", ["web"]), Floats("values_floats", [4]), new AttributeProto { Name = "default_float", Type = AttributeType.Float, F = 2 },
        ]);
        graph.Node.Add(encoder);
        graph.Node.Add(new NodeProto { OpType = "Mul", Input = { "factor", "amount" }, Output = { "score" } });
        graph.Input.Add([Value("channel", TextElement, 1), Value("amount", FloatElement, 1)]);
        graph.Output.Add(Value("score", FloatElement, 1));
        return Model(graph);
    }

    /// <summary>
    /// One regressor over float features, of trees given as the operator's lists.
    /// </summary>
    public static NodeProto Trees(
        string[] modes, long[] features, float[] thresholds, long[] whenTrue, long[] whenFalse, long[] missingTrue, (long Node, float Weight)[] leaves, float[]? hitRates)
    {
        var node = new NodeProto { OpType = "TreeEnsembleRegressor", Domain = "ai.onnx.ml", Input = { "features" }, Output = { "score" } };
        node.Attribute.Add([
            Integers("nodes_treeids", modes.Select(_ => 0L)), Integers("nodes_nodeids", modes.Select((_, i) => (long)i)), Integers("nodes_featureids", features),
            Texts("nodes_modes", modes), Floats("nodes_values", thresholds), Integers("nodes_truenodeids", whenTrue), Integers("nodes_falsenodeids", whenFalse),
            Integers("nodes_missing_value_tracks_true", missingTrue), Integers("target_treeids", leaves.Select(_ => 0L)),
            Integers("target_nodeids", leaves.Select(leaf => leaf.Node)), Integers("target_ids", leaves.Select(_ => 0L)), Floats("target_weights", leaves.Select(leaf => leaf.Weight)),
        ]);
        node.Attribute.Add(new AttributeProto { Name = "n_targets", Type = AttributeType.Int, I = 1 });
        if (hitRates is not null)
        {
            node.Attribute.Add(Floats("nodes_hitrates", hitRates));
        }

        return node;
    }

    public static ModelProto Model(NodeProto trees, int featureCount)
    {
        var graph = new GraphProto { Name = "trees" };
        graph.Node.Add(trees);
        graph.Input.Add(Value("features", FloatElement, featureCount));
        graph.Output.Add(Value("score", FloatElement, 1));
        return Model(graph);
    }

    /// <summary>A file that the loader takes.</summary>
    public static string Write(string folder, ModelProto model)
    {
        var path = Path.Combine(folder, OnnxModelLoader.ModelFile);
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    /// <summary>A model folder with these golden rows.</summary>
    /// <param name="rows">[rows][inputs]</param>
    public static void WriteFolder(string folder, ModelProto model, ModelCard card, params double[][] rows)
    {
        var path = Write(folder, model);
        card.Save(folder);
        string[] names = [.. card.Inputs.Select(input => input.Name)];
        using var loaded = OnnxModelLoader.LoadFile(path, names, new ModelLoadOptions { Kind = card.Output, FraudClass = card.FraudClass });
        var (matrix, raw) = (MatrixOf(rows), new double[rows.Length]);
        using var lane = loaded.OpenLane([.. Enumerable.Range(0, names.Length)], rows.Length);
        lane.Score(matrix, [.. Enumerable.Range(0, rows.Length)], raw);
        using var golden = TableWriter.Create(Path.Combine(folder, OnnxModelLoader.GoldenFile), [.. names.Select(name => (name, false)), (OnnxModelLoader.GoldenRawColumn, false)]);
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var value in rows[row])
            {
                golden.Number(value);
            }

            golden.Number(raw[row]);
            golden.EndRow();
        }

        golden.Complete();
    }

    public static FeatureMatrix MatrixOf(params double[][] rows)
    {
        var matrix = new FeatureMatrix(rows[0].Length, rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var feature = 0; feature < rows[row].Length; feature++)
            {
                matrix.Column(feature)[row] = rows[row][feature];
            }
        }

        return matrix;
    }

    private static ModelProto Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    private static ValueInfoProto Value(string name, int type, int columns)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add([new TensorShapeProto.Types.Dimension { DimParam = "rows" }, new TensorShapeProto.Types.Dimension { DimValue = columns }]);
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
