using Google.Protobuf;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx;

/// <summary>Makes ONNX models of random trees.</summary>
internal sealed class RandomTrees
{
    private const int FloatElement = 1, Int64Element = 7, LeavesMax = 300;

    private readonly TreeSpec _spec;
    private readonly Random _random;
    private readonly List<long> _trees = [], _nodes = [], _features = [], _whenTrue = [], _whenFalse = [], _missing = [];
    private readonly List<string> _modes = [];
    private readonly List<float> _thresholds = [], _weights = [];
    private readonly List<long> _leafTrees = [], _leafNodes = [], _leafTargets = [];

    private RandomTrees(TreeSpec spec) => (_spec, _random) = (spec, new Random(spec.Seed));

    public static ModelProto Build(TreeSpec spec)
    {
        var trees = new RandomTrees(spec);
        for (var tree = 0; tree < spec.TreeCount; tree++)
        {
            trees.AddTree(tree);
        }

        return trees.ToModel();
    }

    /// <summary>
    /// A value that often equals a threshold, and is sometimes missing, infinite or a zero of
    /// either sign.
    /// </summary>
    public static float Value(Random random) => random.Next(12) switch
    {
        0 => float.NaN,
        1 => random.Next(2) == 0 ? float.PositiveInfinity : float.NegativeInfinity,
        2 => random.Next(2) == 0 ? 0f : -0f,
        3 => MathF.BitIncrement(Threshold(random)),
        4 => MathF.BitDecrement(Threshold(random)),
        _ => Threshold(random),
    };

    private static float Threshold(Random random) => random.Next(4) == 0 ? (random.NextSingle() * 8) - 4 : random.Next(-8, 9) / 4f;

    private void AddTree(int tree)
    {
        // The root comes first; the numbers of the nodes mean nothing.
        var open = new List<(int Index, int Depth)> { (Reserve(tree, 0), 0) };
        var (count, first, leavesLeft) = (1, _trees.Count - 1, LeavesMax);
        while (open.Count > 0)
        {
            var at = _random.Next(open.Count);
            var (index, depth) = open[at];
            open.RemoveAt(at);
            var isFirst = index == first;
            if (depth == _spec.DepthMax || leavesLeft == 0 || _random.Next(isFirst ? 20 : 4) == 0)
            {
                AddLeaf(tree, index);
                continue;
            }

            leavesLeft--;
            AddSplit(index, _spec.Modes[_random.Next(_spec.Modes.Length)], _random.Next(_spec.FeatureCount), count, count + 1);
            open.Add((Reserve(tree, count++), depth + 1));
            var other = Reserve(tree, count++);
            // "One of these values", as converters write it: a chain of comparisons with one child
            // where any of them holds.
            for (; _modes[index] == "BRANCH_EQ" && depth + 2 < _spec.DepthMax && _random.Next(2) == 0; depth++)
            {
                AddSplit(other, "BRANCH_EQ", (int)_features[index], _whenTrue[index], count);
                // A chain that sends missing values different ways is not covered.
                _missing[other] = _missing[index];
                other = Reserve(tree, count++);
            }

            open.Add((other, depth + 1));
        }
    }

    private void AddSplit(int index, string mode, int feature, long whenTrue, long whenFalse)
    {
        (_modes[index], _features[index], _thresholds[index]) = (mode, feature, Threshold(_random));
        (_whenTrue[index], _whenFalse[index], _missing[index]) = (whenTrue, whenFalse, _random.Next(100) < _spec.MissingTrue ? 1 : 0);
    }

    private int Reserve(int tree, int node)
    {
        _trees.Add(tree);
        _nodes.Add(node);
        _features.Add(0);
        _whenTrue.Add(0);
        _whenFalse.Add(0);
        _missing.Add(0);
        _modes.Add("LEAF");
        _thresholds.Add(0);
        return _trees.Count - 1;
    }

    private void AddLeaf(int tree, int index)
    {
        // The kernel covers leaves without a weight for some target only where there are no base
        // values.
        var targets = _spec.IsClassifier || _spec.BaseValueCount > 0 || _random.Next(2) == 0 ? _spec.ClassIds : [_random.Next(_spec.TargetCount)];
        foreach (var target in targets)
        {
            _leafTrees.Add(tree);
            _leafNodes.Add(_nodes[index]);
            _leafTargets.Add(target);
            var weight = (_random.NextSingle() - 0.5f) * MathF.Pow(10, _random.Next(-3, 2));
            _weights.Add(_spec.IsPositive ? MathF.Abs(weight) : weight);
        }
    }

    private ModelProto ToModel()
    {
        var node = new NodeProto { OpType = _spec.IsClassifier ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor", Domain = "ai.onnx.ml", Name = "trees" };
        node.Input.Add("features");
        node.Output.Add(_spec.IsClassifier ? ["label", "scores"] : ["scores"]);
        var prefix = _spec.IsClassifier ? "class" : "target";
        node.Attribute.Add([
            Integers($"{prefix}_ids", _leafTargets), Integers($"{prefix}_nodeids", _leafNodes), Integers($"{prefix}_treeids", _leafTrees), Floats($"{prefix}_weights", _weights),
            Integers("nodes_falsenodeids", _whenFalse), Integers("nodes_featureids", _features), Texts("nodes_modes", _modes), Integers("nodes_nodeids", _nodes),
            Integers("nodes_treeids", _trees), Integers("nodes_truenodeids", _whenTrue), Floats("nodes_values", _thresholds), Text("post_transform", _spec.PostTransform),
        ]);
        node.Attribute.Add(_spec.IsClassifier
            ? [Integers("classlabels_int64s", Enumerable.Range(0, _spec.TargetCount).Select(label => (long)label))]
            : [new AttributeProto { Name = "n_targets", Type = AttributeType.Int, I = _spec.TargetCount }, Text("aggregate_function", _spec.Aggregate)]);
        if (_spec.MissingTrue >= 0)
        {
            node.Attribute.Add(Integers("nodes_missing_value_tracks_true", _missing));
        }

        if (_spec.BaseValueCount > 0)
        {
            node.Attribute.Add(Floats("base_values", Enumerable.Range(0, _spec.BaseValueCount).Select(_ => _random.NextSingle() - 0.5f)));
        }

        var graph = new GraphProto { Name = "random" };
        graph.Node.Add(node);
        graph.Input.Add(Value("features", FloatElement, 2));
        graph.Output.Add(Value("scores", FloatElement, 2));
        if (_spec.IsClassifier)
        {
            graph.Output.Insert(0, Value("label", Int64Element, 1));
        }

        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    private ValueInfoProto Value(string name, int type, int rank)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "rows" });
        if (rank == 2)
        {
            shape.Dim.Add(name == "features" ? new TensorShapeProto.Types.Dimension { DimValue = _spec.FeatureCount } : new TensorShapeProto.Types.Dimension { DimParam = "columns" });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    private static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
}
