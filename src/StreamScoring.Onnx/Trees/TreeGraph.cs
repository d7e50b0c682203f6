using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Finds the one tree operator of a graph and follows its rows in and its output out. Exporters put
/// columns together and scale them before it, and rename, reshape or cut columns after it.
/// </summary>
internal sealed class TreeGraph
{
    private const int FloatElement = 1, DoubleElement = 11;

    private static readonly string[] TreeOperators = ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"];
    private static readonly string[] ShapeOperators = ["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"];

    private readonly GraphProto _graph;
    private readonly Constants _constants;

    private TreeGraph(GraphProto graph) => (_graph, _constants) = (graph, new Constants(graph));

    /// <param name="shape">How the model takes its rows, and which output is read.</param>
    /// <param name="inputCount">Inputs of a row.</param>
    /// <returns>The trees, and which of their outputs is the model's.</returns>
    /// <exception cref="TreesNotCoveredException">The graph is more than trees, or they are not
    /// covered.</exception>
    public static (TreeEnsemble Ensemble, int OutputColumn) Read(GraphProto graph, OnnxShape shape, int inputCount)
    {
        var trees = graph.Node.Count(node => node.OpType.StartsWith("TreeEnsemble", StringComparison.Ordinal));
        if (trees != 1)
        {
            throw new TreesNotCoveredException(trees == 0 ? "its graph holds no trees" : $"its graph holds {trees} ensembles of trees");
        }

        return new TreeGraph(graph).Read(shape, inputCount);
    }

    private (TreeEnsemble, int) Read(OnnxShape shape, int inputCount)
    {
        var (node, output, cut, isRounded) = MakerOf(shape.OutputName);
        if (!TreeOperators.Contains(node.OpType))
        {
            throw new TreesNotCoveredException($"its output is made by {node.OpType}, after the trees");
        }

        if (node.Output.IndexOf(output) != (node.OpType == "TreeEnsembleClassifier" ? 1 : 0))
        {
            throw new TreesNotCoveredException("its output is the predicted class");
        }

        var columns = new TreeColumns(_graph, _constants, shape, inputCount);
        var ensemble = TreeEnsembleReader.Read(node, columns.Of(node.Input[0]));
        if (cut is null && shape.OutputColumns != ensemble.OutputCount)
        {
            throw new TreesNotCoveredException($"its trees give {ensemble.OutputCount} numbers a row, and the model {shape.OutputColumns}");
        }

        var column = cut ?? shape.OutputColumn;
        return column < ensemble.OutputCount ? (ensemble with { IsRounded = ensemble.IsRounded || isRounded }, column)
            : throw new TreesNotCoveredException($"its trees give no column {column}");
    }

    /// <summary>Goes back from a value to the node that computes it.</summary>
    /// <returns>The node, its output's name, the column that was cut out of it (null for all), and
    /// whether its numbers were made floats.</returns>
    private (NodeProto Node, string Output, int? Cut, bool IsRounded) MakerOf(string value)
    {
        var (cut, isRounded) = ((int?)null, false);
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
                return (node, value, cut, isRounded);
            }

            isRounded |= node.OpType == "Cast" && new NodeAttributes(node).Integer("to", 0) == FloatElement;
            value = NumbersInputOf(node);
        }
    }

    private NodeProto? NodeOf(string value) => _graph.Node.FirstOrDefault(node => node.Output.Contains(value));

    private bool LeavesNumbers(NodeProto node) => node.OpType switch
    {
        "Cast" => new NodeAttributes(node).Integer("to", 0) is FloatElement or DoubleElement,
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
