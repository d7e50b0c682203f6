using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx;

/// <summary>Puts random scalers before the trees of a model.</summary>
internal static class ScaledTrees
{
    private const int FloatElement = 1, DoubleElement = 11;

    /// <param name="model">Its trees read the input <c>features</c>, which is renamed to
    /// <c>raw</c>.</param>
    /// <param name="isDoubleInput">Of trees of floats: whether they read doubles that are made
    /// floats.</param>
    public static void AddTo(ModelProto model, TreeSpec spec, bool isDoubleInput, Random random)
    {
        var input = model.Graph.Input.Single();
        input.Name = "raw";
        var isDouble = spec.IsDouble || isDoubleInput;
        input.Type.TensorType.ElemType = isDouble ? DoubleElement : FloatElement;
        var (value, nodes) = ("raw", new List<NodeProto>());
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            // A scaler of doubles gives floats.
            var isScaler = !spec.IsDouble && random.Next(2) == 0;
            var node = isScaler ? Scaler(spec.FeatureCount, random) : Computed(model.Graph, value, spec.FeatureCount, isDouble, random);
            if (isScaler)
            {
                node.Input.Add(value);
                isDouble = false;
            }

            value = $"v{left}";
            node.Output.Add(value);
            nodes.Add(node);
        }

        if (isDouble && !spec.IsDouble)
        {
            nodes.Add(new NodeProto { OpType = "Cast", Input = { value }, Output = { "cast" } });
            nodes[^1].Attribute.Add(new AttributeProto { Name = "to", Type = AttributeType.Int, I = FloatElement });
        }

        nodes[^1].Output[0] = "features";
        nodes.AddRange(model.Graph.Node);
        model.Graph.Node.Clear();
        model.Graph.Node.Add(nodes);
    }

    private static NodeProto Scaler(int columnCount, Random random)
    {
        var node = new NodeProto { OpType = "Scaler", Domain = "ai.onnx.ml" };
        var count = random.Next(3) == 0 ? 1 : columnCount;
        node.Attribute.Add([Floats("offset", Numbers(count, random).Select(number => (float)number)), Floats("scale", Numbers(count, random).Select(number => (float)number))]);
        return node;
    }

    private static NodeProto Computed(GraphProto graph, string value, int columnCount, bool isDouble, Random random)
    {
        var node = new NodeProto { OpType = ((string[])["Sub", "Div", "Add", "Mul"])[random.Next(4)] };
        var operand = new TensorProto { Name = $"operand{graph.Initializer.Count}", DataType = isDouble ? DoubleElement : FloatElement };
        var numbers = Numbers(random.Next(3) == 0 ? 1 : columnCount, random).ToList();
        operand.Dims.Add(numbers.Count);
        if (isDouble)
        {
            operand.DoubleData.Add(numbers);
        }
        else
        {
            operand.FloatData.Add(numbers.Select(number => (float)number));
        }

        graph.Initializer.Add(operand);
        node.Input.Add(node.OpType is "Add" or "Mul" && random.Next(2) == 0 ? [operand.Name, value] : [value, operand.Name]);
        return node;
    }

    /// <summary>Of either sign, and now and then zero or huge.</summary>
    private static IEnumerable<double> Numbers(int count, Random random) => Enumerable.Range(0, count).Select(_ => random.Next(20) switch
    {
        0 => 0,
        1 => 1e38,
        2 => 1e-38,
        _ => (random.NextDouble() * 8) - 4,
    });
}
