using Google.Protobuf;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Makes a model that is slow in the way of neural networks: two dense layers, whose weights take a
/// call of one row nearly as long to read as one of eight.
/// </summary>
internal static class WideModel
{
    private const int Float = 1;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (inputs, width) = (options.Integer("inputs", 6), options.Integer("hidden", 4096));
        var random = new Random(7);
        var graph = new GraphProto { Name = "wide" };
        graph.Input.Add(Value("features", inputs));
        graph.Output.Add(Value("probability", 1));
        graph.Initializer.Add([Weights("first", inputs, width, random), Weights("second", width, width, random), Weights("last", width, 1, random), new TensorProto { Name = "none", DataType = Float, FloatData = { 0 } }]);
        graph.Node.Add(
        [
            // A feature that is missing is NaN, which would be the score as well.
            new NodeProto { OpType = "IsNaN", Input = { "features" }, Output = { "missing" } },
            new NodeProto { OpType = "Where", Input = { "missing", "none", "features" }, Output = { "known" } },
            new NodeProto { OpType = "MatMul", Input = { "known", "first" }, Output = { "a" } },
            new NodeProto { OpType = "Tanh", Input = { "a" }, Output = { "b" } },
            new NodeProto { OpType = "MatMul", Input = { "b", "second" }, Output = { "c" } },
            new NodeProto { OpType = "Tanh", Input = { "c" }, Output = { "d" } },
            new NodeProto { OpType = "MatMul", Input = { "d", "last" }, Output = { "e" } },
            new NodeProto { OpType = "Sigmoid", Input = { "e" }, Output = { "probability" } },
        ]);
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 15 });
        using var file = File.Create(options.Required("output"));
        model.WriteTo(file);
        return 0;
    }

    private static TensorProto Weights(string name, int rows, int columns, Random random)
    {
        var bytes = new byte[rows * columns * sizeof(float)];
        var scale = 1 / Math.Sqrt(rows);
        for (var i = 0; i < bytes.Length; i += sizeof(float))
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(i), (float)((random.NextDouble() - 0.5) * scale));
        }

        return new TensorProto { Name = name, DataType = Float, Dims = { rows, columns }, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
    }

    private static ValueInfoProto Value(string name, int columns)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add([new TensorShapeProto.Types.Dimension { DimParam = "rows" }, new TensorShapeProto.Types.Dimension { DimValue = columns }]);
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = Float, Shape = shape } } };
    }
}
