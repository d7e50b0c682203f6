using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Goes back from a tree operator's input to the model's inputs, over nodes that put columns
/// together, and scalers: whatever gives a column that depends on one input.
/// </summary>
internal sealed class TreeColumns(GraphProto graph, Constants constants, OnnxShape shape, int inputCount)
{
    private const int FloatElement = 1, DoubleElement = 11;

    /// <summary>
    /// Exporters write a handful of nodes one behind the other, and one or two for each column; a
    /// loop would have no end.
    /// </summary>
    private const int DepthMax = 256, NodesMax = 65_536, ColumnsMax = 65_536;

    private int _nodesSeen, _depth;

    /// <returns>[columns] Of a value of the graph.</returns>
    /// <exception cref="TreesNotCoveredException">Something else is computed on the
    /// way.</exception>
    public IReadOnlyList<TreeFeature> Of(string value)
    {
        Require(_nodesSeen++ < NodesMax && _depth < DepthMax, "there are too many nodes before its trees");
        if (shape.InputNames.ToList().IndexOf(value) is >= 0 and var input)
        {
            IEnumerable<int> inputs = shape.IsMatrix ? Enumerable.Range(0, inputCount) : [input];
            return [.. inputs.Select(input => shape.IsDouble ? new TreeFeature(input, []) : TreeFeature.Float(input))];
        }

        var node = graph.Node.FirstOrDefault(node => node.Output.Contains(value));
        Require(node is { Input.Count: > 0 }, $"its trees read {value}, which is none of the inputs");
        _depth++;
        var columns = node!.OpType switch
        {
            "Identity" => Of(node.Input[0]),
            "Cast" => Cast(Of(node.Input[0]), node),
            "FeatureVectorizer" => Together(node),
            "Concat" when new NodeAttributes(node).Integer("axis", 0) is 1 or -1 => Together(node),
            "Scaler" => Scaled(Of(node.Input[0]), new NodeAttributes(node)),
            "Sub" => Computed(node, ColumnOperator.Subtract, isEitherWay: false),
            "Div" => Computed(node, ColumnOperator.Divide, isEitherWay: false),
            "Add" => Computed(node, ColumnOperator.Add, isEitherWay: true),
            "Mul" => Computed(node, ColumnOperator.Multiply, isEitherWay: true),
            _ => throw new TreesNotCoveredException($"its trees read what {node.OpType} makes of the inputs"),
        };
        _depth--;
        Require(columns.Count <= ColumnsMax, $"its trees read more than {ColumnsMax} columns");
        return columns;
    }

    private List<TreeFeature> Together(NodeProto node) => [.. node.Input.SelectMany(Of)];

    private static IReadOnlyList<TreeFeature> Cast(IReadOnlyList<TreeFeature> columns, NodeProto node) => new NodeAttributes(node).Integer("to", 0) switch
    {
        FloatElement => [.. columns.Select(column => column.IsFloat ? column : column.Then(ColumnStep.Round))],
        DoubleElement when columns.All(column => !column.IsFloat) => columns,
        _ => throw new TreesNotCoveredException("its trees read what Cast makes of the inputs"),
    };

    /// <summary>Scaler computes in its input's kind, and gives floats.</summary>
    private static List<TreeFeature> Scaled(IReadOnlyList<TreeFeature> columns, NodeAttributes attributes)
    {
        var (offsets, scales) = (attributes.Numbers("offset"), attributes.Numbers("scale"));
        return [.. columns.Select((column, i) => Rounded(
            Rounded(column, new(ColumnOperator.Subtract, At(offsets, i, columns.Count))), new(ColumnOperator.Multiply, At(scales, i, columns.Count))))
            .Select(column => column.IsFloat ? column : column.Then(ColumnStep.Round))];
    }

    private List<TreeFeature> Computed(NodeProto node, ColumnOperator operation, bool isEitherWay)
    {
        Require(node.Input.Count == 2, $"{node.OpType} before its trees has {node.Input.Count} inputs");
        var (operands, columnsAt) = (constants.Row(node.Input[1]), 0);
        if (operands is null && isEitherWay)
        {
            (operands, columnsAt) = (constants.Row(node.Input[0]), 1);
        }

        Require(operands is not null, $"its trees read what {node.OpType} makes of the inputs, and not of a constant for each");
        var columns = Of(node.Input[columnsAt]);
        return [.. columns.Select((column, i) => Rounded(column, new(operation, At(operands!, i, columns.Count))))];
    }

    /// <summary>A step in the column's kind.</summary>
    private static TreeFeature Rounded(TreeFeature column, ColumnStep step) => column.IsFloat ? column.Then(step, ColumnStep.Round) : column.Then(step);

    private static double At(IReadOnlyList<double> values, int column, int columnCount)
    {
        Require(values.Count == 1 || values.Count == columnCount, $"a scaler has {values.Count} numbers for {columnCount} columns");
        return values[values.Count == 1 ? 0 : column];
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new TreesNotCoveredException(otherwise);
        }
    }
}
