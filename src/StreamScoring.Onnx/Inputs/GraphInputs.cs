using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Inputs;

/// <summary>
/// Puts nodes before a graph that make its tensors out of what lanes can give: one matrix of
/// numbers, or one column for each input where some are texts.
/// </summary>
/// <param name="index">By input's name: its place.</param>
internal sealed class GraphInputs(OnnxGraph graph, TensorPlan plan, Dictionary<string, int> index, CallRows rows)
{
    /// <summary>
    /// A file that names no version of the ordinary operators uses none: any that has them does.
    /// </summary>
    private const int OperatorsVersion = 13;

    private readonly GraphProto _graph = graph.Model.Graph;
    private readonly List<NodeProto> _nodes = [];
    private readonly HashSet<string> _names = [.. graph.Model.Graph.Node.SelectMany(node => node.Input.Concat(node.Output))];

    /// <summary>float32 does where it holds every value of each tensor's type.</summary>
    private readonly bool _isDouble = plan.Parts.Any(part => !part.Tensor.IsText && !part.Tensor.Type.FitsFloat());

    private ElementType NumberType => _isDouble ? ElementType.Double : ElementType.Float;

    public InputForm Put()
    {
        foreach (var (tensor, _) in plan.Parts)
        {
            _graph.Input.Remove(_graph.Input.First(input => input.Name == tensor.Name));
        }

        var form = plan.Parts.Any(part => part.Tensor.IsText) ? PutColumns() : PutMatrix();
        for (var i = 0; i < _nodes.Count; i++)
        {
            _graph.Node.Insert(i, _nodes[i]);
        }

        if (graph.Model.OpsetImport.All(import => import.Domain.Length > 0))
        {
            graph.Model.OpsetImport.Add(new OperatorSetIdProto { Version = OperatorsVersion });
        }

        return form;
    }

    private InputForm PutMatrix()
    {
        var matrix = AddInput("scoring_features", NumberType, index.Count);
        foreach (var (tensor, features) in plan.Parts)
        {
            IReadOnlyList<long> columns = [.. features.Select(feature => (long)index[feature])];
            var isAll = tensor.Dimensions.Count == 2 && columns.SequenceEqual(Enumerable.Range(0, index.Count).Select(i => (long)i));
            Finish(tensor, isAll ? matrix : Take(matrix, tensor.Dimensions.Count == 1 ? columns[0] : null, columns), isAll);
        }

        return new InputForm([matrix], IsMatrix: true, Rank: 2, _isDouble, rows, []);
    }

    private InputForm PutColumns()
    {
        var inputs = new string[index.Count];
        foreach (var (tensor, features) in plan.Parts)
        {
            foreach (var feature in features)
            {
                inputs[index[feature]] ??= AddInput($"scoring_input_{index[feature]}", tensor.IsText ? ElementType.Text : NumberType, width: 1);
            }

            var value = inputs[index[features[0]]];
            var isInput = features.Count == 1;
            if (!isInput)
            {
                value = Add("Concat", [.. features.Select(feature => inputs[index[feature]])], new AttributeProto { Name = "axis", Type = AttributeType.Int, I = 1 });
            }
            else if (tensor.Dimensions.Count == 1)
            {
                (value, isInput) = (Take(value, 0, []), false);
            }

            Finish(tensor, value, isInput);
        }

        return new InputForm(inputs, IsMatrix: false, Rank: 2, _isDouble, rows, []);
    }

    /// <summary>Gives a value the tensor's type, and its name.</summary>
    /// <param name="isInput">Else a node made it, which may give it the name.</param>
    private void Finish(InputTensor tensor, string value, bool isInput)
    {
        if (!tensor.IsText && tensor.Type != NumberType)
        {
            value = Add("Cast", [value], new AttributeProto { Name = "to", Type = AttributeType.Int, I = (long)tensor.Type });
        }
        else if (isInput)
        {
            value = Add("Identity", [value]);
        }

        _nodes[^1].Output[0] = tensor.Name;
    }

    /// <summary>Takes columns out of a matrix; one without its dimension.</summary>
    private string Take(string matrix, long? column, IReadOnlyList<long> columns)
    {
        // The same in every version of the format, unlike Slice, Split and Squeeze.
        var places = new TensorProto { Name = Unique("scoring_columns"), DataType = (int)ElementType.Int64 };
        places.Int64Data.Add(column is { } one ? [one] : columns);
        if (column is null)
        {
            places.Dims.Add(columns.Count);
        }

        _graph.Initializer.Add(places);
        return Add("Gather", [matrix, places.Name], new AttributeProto { Name = "axis", Type = AttributeType.Int, I = 1 });
    }

    private string Add(string op, IReadOnlyList<string> inputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = Unique("scoring_node") };
        node.Input.Add(inputs);
        node.Output.Add(Unique("scoring_value"));
        node.Attribute.Add(attributes);
        _nodes.Add(node);
        return node.Output[0];
    }

    private string AddInput(string name, ElementType type, int width)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(rows.Max == int.MaxValue ? new TensorShapeProto.Types.Dimension { DimParam = "scoring_rows" } : new TensorShapeProto.Types.Dimension { DimValue = rows.Max });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        var input = new ValueInfoProto { Name = Unique(name), Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
        _graph.Input.Add(input);
        return input.Name;
    }

    private string Unique(string name)
    {
        var unique = name;
        for (var i = 1; !_names.Add(unique); i++)
        {
            unique = $"{name}_{i}";
        }

        return unique;
    }
}
