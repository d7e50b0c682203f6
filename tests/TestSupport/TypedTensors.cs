using Google.Protobuf;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.TestSupport;

/// <summary>
/// A model that takes any number of tensors of any types: it adds up all their columns, each with a
/// weight of its own, and gives the logistic of the sum. Texts count 1 for <c>web</c>, else 0.
/// </summary>
internal static class TypedTensors
{
    public const int Float = 1, UInt8 = 2, Int8 = 3, UInt16 = 4, Int16 = 5, Int32 = 6, Int64 = 7, Text = 8, Bool = 9, Float16 = 10, Double = 11, UInt32 = 12, UInt64 = 13;

    /// <summary>Of a column, counted over all tensors.</summary>
    public static float WeightOf(int column) => (0.25f * (column % 5)) - 0.4f;

    /// <param name="tensors">Type, columns, and whether it is [rows] and not [rows, 1].</param>
    /// <param name="rows">Of each call; null: any number.</param>
    public static ModelProto Of(IReadOnlyList<(string Name, int Type, int Columns, bool IsFlat)> tensors, int? rows = null, int outputType = Float)
    {
        var graph = new GraphProto { Name = "typed" };
        var parts = new List<string>();
        var column = 0;
        foreach (var (name, type, columns, isFlat) in tensors)
        {
            graph.Input.Add(Value(name, type, rows, isFlat ? null : columns));
            var value = name;
            if (type == Text)
            {
                value = Add(graph, "LabelEncoder", [value], "ai.onnx.ml", Texts("keys_strings", "web"), new AttributeProto { Name = "values_floats", Type = AttributeType.Floats, Floats = { 1 } },
                    new AttributeProto { Name = "default_float", Type = AttributeType.Float, F = 0 });
            }
            else
            {
                value = Add(graph, "Cast", [value], "", new AttributeProto { Name = "to", Type = AttributeType.Int, I = Double });
                value = Add(graph, "Cast", [value], "", new AttributeProto { Name = "to", Type = AttributeType.Int, I = Float });
            }

            if (isFlat)
            {
                var axes = new TensorProto { Name = $"axes_{name}", DataType = Int64, Dims = { 1 }, Int64Data = { 1 } };
                graph.Initializer.Add(axes);
                value = Add(graph, "Unsqueeze", [value, axes.Name], "");
            }

            var weights = new TensorProto { Name = $"weights_{name}", DataType = Float, Dims = { columns, 1 } };
            weights.FloatData.Add(Enumerable.Range(column, columns).Select(WeightOf));
            graph.Initializer.Add(weights);
            parts.Add(Add(graph, "MatMul", [value, weights.Name], ""));
            column += columns;
        }

        var sum = parts.Aggregate((left, right) => Add(graph, "Add", [left, right], ""));
        var probability = Add(graph, "Sigmoid", [sum], "");
        if (outputType != Float)
        {
            probability = Add(graph, "Cast", [probability], "", new AttributeProto { Name = "to", Type = AttributeType.Int, I = outputType });
        }

        graph.Node[^1].Output[0] = "p";
        graph.Output.Add(Value("p", outputType, rows, 1));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add([new OperatorSetIdProto { Version = 15 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 }]);
        return model;
    }

    private static string Add(GraphProto graph, string op, string[] inputs, string domain, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Domain = domain, Output = { $"v{graph.Node.Count}" } };
        node.Input.Add(inputs);
        node.Attribute.Add(attributes);
        graph.Node.Add(node);
        return node.Output[0];
    }

    private static AttributeProto Texts(string name, params string[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Strings };
        attribute.Strings.Add(values.Select(ByteString.CopyFromUtf8));
        return attribute;
    }

    private static ValueInfoProto Value(string name, int type, int? rows, int? columns)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(rows is { } exactly ? new TensorShapeProto.Types.Dimension { DimValue = exactly } : new TensorShapeProto.Types.Dimension { DimParam = "n" });
        if (columns is { } width)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
