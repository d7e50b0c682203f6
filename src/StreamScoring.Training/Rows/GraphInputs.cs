using Google.Protobuf;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Training.Rows;

/// <summary>
/// The inputs of an ONNX graph: one matrix of all numbers, and a column for each text, which
/// becomes a number as in training. Without texts the graph takes the matrix as it is.
/// </summary>
internal sealed class GraphInputs
{
    private const string Matrix = "features", Numbers = "numbers";
    private const int FloatElement = 1, TextElement = 8;

    private readonly IReadOnlyList<InputColumn> _columns;

    public GraphInputs(IReadOnlyList<InputColumn> columns)
    {
        _columns = columns;
        int[] order = [.. Enumerable.Range(0, columns.Count).OrderBy(i => columns[i].IsText)];
        ColumnOf = new int[columns.Count];
        for (var i = 0; i < order.Length; i++)
        {
            ColumnOf[order[i]] = i;
        }
    }

    /// <summary>[inputs] The column of <see cref="Name"/> that an input becomes.</summary>
    public int[] ColumnOf { get; }

    /// <summary>The value that holds all columns, floats.</summary>
    public static string Name => Matrix;

    /// <summary>As a card names them; empty where there is one tensor alone.</summary>
    public IReadOnlyList<(string Tensor, IReadOnlyList<string> Inputs)> Tensors => !_columns.Any(column => column.IsText) ? []
        : [.. NumberNames.Count > 0 ? [(NumbersName, NumberNames)] : Array.Empty<(string, IReadOnlyList<string>)>(),
            .. TextColumns.Select(column => (column.Name, (IReadOnlyList<string>)[column.Name]))];

    private IReadOnlyList<string> NumberNames => [.. _columns.Where(column => !column.IsText).Select(column => column.Name)];

    private IEnumerable<InputColumn> TextColumns => _columns.Where(column => column.IsText);

    /// <summary>A text of that name would be a tensor of the same name.</summary>
    private string NumbersName => TextColumns.Any(column => column.Name == Numbers) ? $"{Numbers}_" : Numbers;

    public void AddTo(GraphProto graph)
    {
        if (Tensors.Count == 0)
        {
            graph.Input.Add(Value(Matrix, FloatElement, null, _columns.Count));
            return;
        }

        var parts = new List<string>();
        if (NumberNames.Count > 0)
        {
            graph.Input.Add(Value(NumbersName, FloatElement, null, NumberNames.Count));
            parts.Add(NumbersName);
        }

        foreach (var text in TextColumns)
        {
            graph.Input.Add(Value(text.Name, TextElement, null, 1));
            var number = $"{text.Name}_number";
            var encoder = new NodeProto { OpType = "LabelEncoder", Domain = "ai.onnx.ml", Name = number, Input = { text.Name }, Output = { number } };
            encoder.Attribute.Add([
                Texts("keys_strings", text.Texts),
                Floats("values_floats", Enumerable.Range(0, text.Texts.Count).Select(code => (float)code)),
                // No number of a text: what trees are asked of it does not hold, as in training.
                new AttributeProto { Name = "default_float", Type = AttributeType.Float, F = -1 },
            ]);
            graph.Node.Add(encoder);
            parts.Add(number);
        }

        var together = new NodeProto { OpType = "Concat", Name = Matrix, Output = { Matrix } };
        together.Input.Add(parts);
        together.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeType.Int, I = 1 });
        graph.Node.Add(together);
    }

    public static ValueInfoProto Value(string name, int type, params int?[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var size in dimensions)
        {
            shape.Dim.Add(size is { } known ? new TensorShapeProto.Types.Dimension { DimValue = known } : new TensorShapeProto.Types.Dimension { DimParam = "rows" });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    /// <returns>A model of the graph, in the opsets that these graphs are written in.</returns>
    public static ModelProto Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "stream-scoring", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    /// <summary>An attribute that is one text.</summary>
    public static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
}
