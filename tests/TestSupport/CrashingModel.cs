using Google.Protobuf;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.TestSupport;

/// <summary>
/// A model of one input with which the processor stops the process where the input is one less than
/// a number: the smallest whole number is then divided by -1, which gives none.
/// </summary>
internal static class CrashingModel
{
    /// <param name="amount">One more than the input that it crashes on.</param>
    /// <returns>The file.</returns>
    public static string Save(string folder, int amount)
    {
        const int Float = 1, Int32 = 6;
        var graph = new GraphProto { Name = "crashes" };
        graph.Initializer.Add(new TensorProto { Name = "amount", DataType = Int32, Int32Data = { amount } });
        graph.Initializer.Add(new TensorProto { Name = "smallest", DataType = Int32, Int32Data = { int.MinValue } });
        graph.Node.Add(Node("Cast", "whole", Int32, "x"));
        graph.Node.Add(Node("Sub", "difference", null, "whole", "amount"));
        graph.Node.Add(Node("Div", "quotient", null, "smallest", "difference"));
        graph.Node.Add(Node("Cast", "number", Float, "quotient"));
        graph.Node.Add(Node("Sigmoid", "probability", null, "number"));
        graph.Input.Add(Value("x"));
        graph.Output.Add(Value("probability"));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 15 });
        var file = Path.Combine(folder, "crashes.onnx");
        File.WriteAllBytes(file, model.ToByteArray());
        return file;
    }

    private static NodeProto Node(string op, string output, int? castTo, params string[] inputs)
    {
        var node = new NodeProto { OpType = op, Output = { output } };
        node.Input.Add(inputs);
        if (castTo is { } to)
        {
            node.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeType.Int, I = to });
        }

        return node;
    }

    private static ValueInfoProto Value(string name)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add([new TensorShapeProto.Types.Dimension { DimParam = "rows" }, new TensorShapeProto.Types.Dimension { DimValue = 1 }]);
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } } };
    }
}
