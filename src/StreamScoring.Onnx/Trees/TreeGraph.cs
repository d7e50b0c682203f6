using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Finds the one tree operator of a graph and follows its rows in and its output out. On the way
/// there may be only nodes that move numbers unchanged: exporters put columns together before it
/// and rename, reshape or cut columns after it.
/// </summary>
internal sealed class TreeGraph
{
    private const int FloatElement = 1;

    private static readonly string[] TreeOperators = ["TreeEnsembleClassifier", "TreeEnsembleRegressor"];
    private static readonly string[] ShapeOperators = ["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"];

    private readonly GraphProto _graph;
    private readonly Constants _constants;

    private TreeGraph(GraphProto graph) => (_graph, _constants) = (graph, new Constants(graph));

    /// <param name="shape">How the model takes its rows, and which output is read.</param>
    /// <param name="inputCount">Inputs of a row.</param>
    /// <returns>The trees, for each of their features the input that holds it, and which of their
    /// outputs is the model's.</returns>
    /// <exception cref="TreesNotCoveredException">The graph is more than trees, or they are not
    /// covered.</exception>
    public static (TreeEnsemble Ensemble, IReadOnlyList<int> Inputs, int OutputColumn) Read(GraphProto graph, OnnxShape shape, int inputCount)
    {
        var trees = graph.Node.Count(node => node.OpType.StartsWith("TreeEnsemble", StringComparison.Ordinal));
        if (trees != 1)
        {
            throw new TreesNotCoveredException(trees == 0 ? "its graph holds no trees" : $"its graph holds {trees} ensembles of trees");
        }

        if (shape.IsDouble || shape.OutputIsDouble)
        {
            throw new TreesNotCoveredException("it computes in 64 bits");
        }

        return new TreeGraph(graph).Read(shape, inputCount);
    }

    private (TreeEnsemble, IReadOnlyList<int>, int) Read(OnnxShape shape, int inputCount)
    {
        var (node, output, cut) = MakerOf(shape.OutputName);
        if (!TreeOperators.Contains(node.OpType))
        {
            throw new TreesNotCoveredException($"its output is made by {node.OpType}, after the trees");
        }

        if (node.Output.IndexOf(output) != (node.OpType == "TreeEnsembleClassifier" ? 1 : 0))
        {
            throw new TreesNotCoveredException("its output is the predicted class");
        }

        var inputs = InputsOf(node.Input[0], shape, inputCount);
        var ensemble = TreeEnsembleReader.Read(node, inputs.Count);
        if (cut is null && shape.OutputColumns != ensemble.OutputCount)
        {
            throw new TreesNotCoveredException($"its trees give {ensemble.OutputCount} numbers a row, and the model {shape.OutputColumns}");
        }

        var column = cut ?? shape.OutputColumn;
        return column < ensemble.OutputCount ? (ensemble, inputs, column) : throw new TreesNotCoveredException($"its trees give no column {column}");
    }

    /// <summary>Goes back from a value to the node that computes it.</summary>
    /// <returns>The node, its output's name, and the column that was cut out of it; null for
    /// all.</returns>
    private (NodeProto Node, string Output, int? Cut) MakerOf(string value)
    {
        int? cut = null;
        while (true)
        {
            var node = NodeOf(value) ?? throw new TreesNotCoveredException("its output is an input");
            // One that is counted from behind is ONNX Runtime's to find.
            if (ColumnCut.Of(node, value, _constants) is >= 0 and var column)
            {
                cut = cut is null ? column : throw new TreesNotCoveredException("it cuts columns twice");
            }
            else if (!LeavesNumbers(node))
            {
                return (node, value, cut);
            }

            value = NumbersInputOf(node);
        }
    }

    /// <returns>By feature of the trees: the model's input.</returns>
    private List<int> InputsOf(string value, OnnxShape shape, int inputCount)
    {
        while (NodeOf(value) is { OpType: "Identity" or "Cast" } node && LeavesNumbers(node))
        {
            value = node.Input[0];
        }

        if (shape.IsMatrix && value == shape.InputNames[0])
        {
            return [.. Enumerable.Range(0, inputCount)];
        }

        var maker = NodeOf(value);
        var isColumns = maker is { OpType: "FeatureVectorizer" } || (maker is { OpType: "Concat" } && new NodeAttributes(maker).Integer("axis", 0) is 1 or -1);
        IReadOnlyList<string> parts = isColumns ? maker!.Input : [value];
        var inputs = shape.IsMatrix ? [] : shape.InputNames.ToList();
        return [.. parts.Select(part => inputs.IndexOf(part) is >= 0 and var input ? input
            : throw new TreesNotCoveredException($"its trees read what {NodeOf(part)?.OpType ?? part} makes of the inputs"))];
    }

    private NodeProto? NodeOf(string value) => _graph.Node.FirstOrDefault(node => node.Output.Contains(value));

    private bool LeavesNumbers(NodeProto node) => node.OpType switch
    {
        "Cast" => new NodeAttributes(node).Integer("to", 0) == FloatElement,
        "Mul" => node.Input.Any(_constants.IsOne),
        _ => ShapeOperators.Contains(node.OpType),
    };

    private string NumbersInputOf(NodeProto node) => node.OpType switch
    {
        "Mul" => node.Input.First(input => !_constants.IsOne(input)),
        // Its first input says which columns are wanted in the operator's other form only.
        _ => node.Input[0],
    };
}
