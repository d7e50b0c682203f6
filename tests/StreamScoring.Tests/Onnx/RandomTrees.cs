using Google.Protobuf;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Tests.Onnx;

/// <summary>Makes ONNX models of random trees.</summary>
internal sealed class RandomTrees
{
    private const int FloatElement = 1, ByteElement = 2, Int64Element = 7, DoubleElement = 11, LeavesMax = 300;

    private readonly TreeSpec _spec;
    private readonly Random _random;
    private readonly List<long> _trees = [], _nodes = [], _features = [], _whenTrue = [], _whenFalse = [], _missing = [];
    private readonly List<string> _modes = [];
    private readonly List<double> _thresholds = [], _weights = [];
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
    public static float Value(Random random) => (float)Value(random, isDouble: false);

    /// <inheritdoc cref="Value(Random)"/>
    /// <param name="isDouble">Whether thresholds are doubles.</param>
    public static double Value(Random random, bool isDouble) => random.Next(12) switch
    {
        0 => double.NaN,
        1 => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
        2 => random.Next(2) == 0 ? 0d : -0d,
        3 => isDouble ? Math.BitIncrement(Threshold(random, true)) : MathF.BitIncrement((float)Threshold(random, false)),
        4 => isDouble ? Math.BitDecrement(Threshold(random, true)) : MathF.BitDecrement((float)Threshold(random, false)),
        _ => Threshold(random, isDouble),
    };

    private static double Threshold(Random random, bool isDouble) =>
        random.Next(4) == 0 ? isDouble ? (random.NextDouble() * 8) - 4 : (random.NextSingle() * 8) - 4 : random.Next(-8, 9) / (isDouble ? 3.0 : 4.0);

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
            for (; !_spec.IsRooted && _modes[index] == "BRANCH_EQ" && depth + 2 < _spec.DepthMax && _random.Next(2) == 0; depth++)
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
        (_modes[index], _features[index], _thresholds[index]) = (mode, feature, Threshold(_random, _spec.IsDouble));
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
        var isOfAll = !_spec.IsRooted && (_spec.IsClassifier || _spec.BaseValueCount > 0 || _random.Next(2) == 0);
        foreach (var target in isOfAll ? _spec.ClassIds : [_random.Next(_spec.TargetCount)])
        {
            _leafTrees.Add(tree);
            _leafNodes.Add(_nodes[index]);
            _leafTargets.Add(target);
            var weight = _spec.IsDouble ? (_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(-3, 2)) : (_random.NextSingle() - 0.5f) * MathF.Pow(10, _random.Next(-3, 2));
            _weights.Add(_spec.IsPositive ? Math.Abs(weight) : weight);
        }
    }

    private ModelProto ToModel()
    {
        var node = _spec.IsRooted ? Rooted() : Listed();
        node.Input.Add("features");
        node.Output.Add(_spec.IsClassifier ? ["label", "scores"] : ["scores"]);
        var graph = new GraphProto { Name = "random" };
        graph.Node.Add(node);
        graph.Input.Add(Value("features", _spec.IsDouble ? DoubleElement : FloatElement, 2));
        graph.Output.Add(Value("scores", _spec.Form == TreeForm.RootsOfDoubles ? DoubleElement : FloatElement, 2));
        if (_spec.IsClassifier)
        {
            graph.Output.Insert(0, Value("label", Int64Element, 1));
        }

        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = _spec.IsRooted ? 5 : 3 });
        return model;
    }

    private NodeProto Listed()
    {
        var node = new NodeProto { OpType = _spec.IsClassifier ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor", Domain = "ai.onnx.ml", Name = "trees" };
        var prefix = _spec.IsClassifier ? "class" : "target";
        node.Attribute.Add([
            Integers($"{prefix}_ids", _leafTargets), Integers($"{prefix}_nodeids", _leafNodes), Integers($"{prefix}_treeids", _leafTrees), Numbers($"{prefix}_weights", _weights),
            Integers("nodes_falsenodeids", _whenFalse), Integers("nodes_featureids", _features), Texts("nodes_modes", _modes), Integers("nodes_nodeids", _nodes),
            Integers("nodes_treeids", _trees), Integers("nodes_truenodeids", _whenTrue), Numbers("nodes_values", _thresholds), Text("post_transform", _spec.PostTransform),
        ]);
        node.Attribute.Add(_spec.IsClassifier
            ? [Integers("classlabels_int64s", Enumerable.Range(0, _spec.TargetCount).Select(label => (long)label))]
            : [Integer("n_targets", _spec.TargetCount), Text("aggregate_function", _spec.Aggregate)]);
        if (_spec.MissingTrue >= 0)
        {
            node.Attribute.Add(Integers("nodes_missing_value_tracks_true", _missing));
        }

        if (_spec.BaseValueCount > 0)
        {
            node.Attribute.Add(Numbers("base_values", Enumerable.Range(0, _spec.BaseValueCount).Select(_ => _spec.IsDouble ? _random.NextDouble() - 0.5 : _random.NextSingle() - 0.5f)));
        }

        return node;
    }

    /// <summary>The same trees with nodes and leaves in a list each.</summary>
    private NodeProto Rooted()
    {
        string[] modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];
        var places = new Dictionary<(long, long), (long Place, bool IsLeaf)>();
        var splits = new List<int>();
        var leaves = Enumerable.Range(0, _weights.Count).ToDictionary(i => (_leafTrees[i], _leafNodes[i]));
        var roots = new List<long>();
        for (var i = 0; i < _trees.Count; i++)
        {
            var isRoot = i == 0 || _trees[i] != _trees[i - 1];
            var isLeaf = _modes[i] == "LEAF";
            places[(_trees[i], _nodes[i])] = isLeaf ? (leaves[(_trees[i], _nodes[i])], true) : (splits.Count, false);
            if (isRoot)
            {
                roots.Add(splits.Count);
            }

            if (!isLeaf || isRoot)
            {
                splits.Add(i);
            }
        }

        // A leaf for a root becomes a split with that leaf, and another of the same weight, on
        // either side.
        (long Place, bool IsLeaf) Child(int i, bool whenTrue)
        {
            if (_modes[i] != "LEAF")
            {
                return places[(_trees[i], (whenTrue ? _whenTrue : _whenFalse)[i])];
            }

            var leaf = leaves[(_trees[i], _nodes[i])];
            if (!whenTrue)
            {
                _weights.Add(_weights[leaf]);
                _leafTargets.Add(_leafTargets[leaf]);
                return (_weights.Count - 1, true);
            }

            return (leaf, true);
        }

        var (whenTrue, whenFalse) = (splits.Select(i => Child(i, true)).ToList(), splits.Select(i => Child(i, false)).ToList());
        var node = new NodeProto { OpType = "TreeEnsemble", Domain = "ai.onnx.ml", Name = "trees" };
        node.Attribute.Add([
            Integers("tree_roots", roots), Integers("nodes_featureids", splits.Select(i => _features[i])), Tensor("nodes_splits", splits.Select(i => _thresholds[i])),
            Bytes("nodes_modes", splits.Select(i => (byte)Math.Max(0, Array.IndexOf(modes, _modes[i])))),
            Integers("nodes_truenodeids", whenTrue.Select(child => child.Place)), Integers("nodes_trueleafs", whenTrue.Select(child => child.IsLeaf ? 1L : 0)),
            Integers("nodes_falsenodeids", whenFalse.Select(child => child.Place)), Integers("nodes_falseleafs", whenFalse.Select(child => child.IsLeaf ? 1L : 0)),
            Integers("leaf_targetids", _leafTargets), Tensor("leaf_weights", _weights), Integer("n_targets", _spec.TargetCount),
            Integer("aggregate_function", Array.IndexOf(["AVERAGE", "SUM", "MIN", "MAX"], _spec.Aggregate)),
            // By ONNX Runtime's numbers, in which the first two of the format's are exchanged.
            Integer("post_transform", Array.IndexOf(["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"], _spec.PostTransform)),
        ]);
        if (_spec.MissingTrue >= 0)
        {
            node.Attribute.Add(Integers("nodes_missing_value_tracks_true", splits.Select(i => _missing[i])));
        }

        return node;
    }

    private AttributeProto Numbers(string name, IEnumerable<double> values) =>
        _spec.IsDouble ? Tensor($"{name}_as_tensor", values) : Floats(name, values.Select(value => (float)value));

    private AttributeProto Tensor(string name, IEnumerable<double> values)
    {
        var tensor = new TensorProto { Name = name, DataType = _spec.IsDouble ? DoubleElement : FloatElement };
        if (_spec.IsDouble)
        {
            tensor.DoubleData.Add(values);
            tensor.Dims.Add(tensor.DoubleData.Count);
        }
        else
        {
            tensor.FloatData.Add(values.Select(value => (float)value));
            tensor.Dims.Add(tensor.FloatData.Count);
        }

        return new AttributeProto { Name = name, Type = AttributeType.Tensor, T = tensor };
    }

    private static AttributeProto Bytes(string name, IEnumerable<byte> values)
    {
        var tensor = new TensorProto { Name = name, DataType = ByteElement, RawData = ByteString.CopyFrom([.. values]) };
        tensor.Dims.Add(tensor.RawData.Length);
        return new AttributeProto { Name = name, Type = AttributeType.Tensor, T = tensor };
    }

    private static AttributeProto Integer(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

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
