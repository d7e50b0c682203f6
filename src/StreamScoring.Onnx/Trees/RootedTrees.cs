namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Brings the operator TreeEnsemble of ai.onnx.ml 5, whose trees are roots in one list of nodes and
/// one of leaves, to the lists of the operators before it, as ONNX Runtime does.
/// </summary>
/// <remarks>https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html</remarks>
internal sealed class RootedTrees
{
    /// <summary>By number; 6, a set of values, is not covered.</summary>
    private static readonly string[] ModeNames = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    private readonly IReadOnlyList<long> _modesOf, _featuresOf, _whenTrueOf, _whenFalseOf, _trueLeaves, _falseLeaves, _missingTrueOf, _leafTargets;
    private readonly IReadOnlyList<double> _thresholdsOf, _leafWeights;
    private readonly List<long> _trees = [], _nodes = [], _features = [], _whenTrue = [], _whenFalse = [], _missingTrue = [];
    private readonly List<string> _modes = [];
    private readonly List<double> _thresholds = [], _weights = [];
    private readonly List<long> _weightTrees = [], _weightNodes = [], _weightTargets = [];
    private readonly bool[] _isPlaced;

    private RootedTrees(NodeAttributes attributes)
    {
        (_modesOf, _featuresOf, _thresholdsOf) = (attributes.TensorIntegers("nodes_modes"), attributes.Integers("nodes_featureids"), attributes.TensorNumbers("nodes_splits"));
        (_whenTrueOf, _whenFalseOf) = (attributes.Integers("nodes_truenodeids"), attributes.Integers("nodes_falsenodeids"));
        (_trueLeaves, _falseLeaves) = (attributes.Integers("nodes_trueleafs"), attributes.Integers("nodes_falseleafs"));
        (_missingTrueOf, _leafTargets, _leafWeights) = (attributes.Integers("nodes_missing_value_tracks_true"), attributes.Integers("leaf_targetids"), attributes.TensorNumbers("leaf_weights"));
        int[] lengths = [_featuresOf.Count, _thresholdsOf.Count, _whenTrueOf.Count, _whenFalseOf.Count, _trueLeaves.Count, _falseLeaves.Count];
        Require(lengths.All(length => length == _modesOf.Count), "its lists of nodes differ in length");
        _isPlaced = new bool[_modesOf.Count];
        Require(_leafTargets.Count == _leafWeights.Count, "its lists of leaves differ in length");
    }

    /// <exception cref="TreesNotCoveredException">The lists do not make trees, or sets of values
    /// are compared.</exception>
    public static NodeLists Of(NodeAttributes attributes)
    {
        var rooted = new RootedTrees(attributes);
        var roots = attributes.Integers("tree_roots");
        for (var tree = 0; tree < roots.Count; tree++)
        {
            rooted.AddTree(tree, roots[tree]);
        }

        return new NodeLists
        {
            Trees = rooted._trees,
            Nodes = rooted._nodes,
            Modes = rooted._modes,
            Features = rooted._features,
            Thresholds = rooted._thresholds,
            WhenTrue = rooted._whenTrue,
            WhenFalse = rooted._whenFalse,
            MissingTrue = rooted._missingTrue,
            // Leaves have none, so what they say of a split with a leaf is unknown.
            HitRates = [],
            WeightTrees = rooted._weightTrees,
            WeightNodes = rooted._weightNodes,
            WeightTargets = rooted._weightTargets,
            Weights = rooted._weights,
        };
    }

    private void AddTree(int tree, long root)
    {
        Require(root >= 0 && root < _modesOf.Count, $"tree {tree} begins at node {root} of {_modesOf.Count}");
        // What is still to do is kept on the heap, as a tree may be as deep as it has nodes. Each
        // way to a leaf makes a leaf of its own.
        var open = new Stack<(long Index, bool IsLeaf, long Number)>();
        var index = (int)root;
        var isBareLeaf = _whenTrueOf[index] == _whenFalseOf[index] && _trueLeaves[index] != 0 && _falseLeaves[index] != 0;
        // ONNX Runtime takes the node's number for the leaf's.
        Require(!isBareLeaf || _whenTrueOf[index] == root, $"tree {tree} is a single leaf");
        open.Push((root, isBareLeaf, 0));
        var count = 1L;
        while (open.TryPop(out var next))
        {
            if (next.IsLeaf)
            {
                AddLeaf(tree, next.Number, next.Index);
                continue;
            }

            Require(next.Index >= 0 && next.Index < _modesOf.Count, $"tree {tree} has no node {next.Index}");
            var at = (int)next.Index;
            Require(!_isPlaced[at], "its trees share nodes");
            _isPlaced[at] = true;
            Require(_modesOf[at] >= 0 && _modesOf[at] < ModeNames.Length, $"it has a node of the mode {_modesOf[at]}");
            Add(tree, next.Number, ModeNames[_modesOf[at]], _featuresOf[at], _thresholdsOf[at], count, count + 1, at < _missingTrueOf.Count ? _missingTrueOf[at] : 0);
            open.Push((_whenFalseOf[at], _falseLeaves[at] != 0, count + 1));
            open.Push((_whenTrueOf[at], _trueLeaves[at] != 0, count));
            count += 2;
        }
    }

    private void AddLeaf(int tree, long number, long leaf)
    {
        Require(leaf >= 0 && leaf < _leafWeights.Count, $"tree {tree} has no leaf {leaf}");
        Add(tree, number, "LEAF", feature: 0, threshold: 0, whenTrue: 0, whenFalse: 0, missingTrue: 0);
        _weightTrees.Add(tree);
        _weightNodes.Add(number);
        _weightTargets.Add(_leafTargets[(int)leaf]);
        _weights.Add(_leafWeights[(int)leaf]);
    }

    private void Add(int tree, long number, string mode, long feature, double threshold, long whenTrue, long whenFalse, long missingTrue)
    {
        _trees.Add(tree);
        _nodes.Add(number);
        _modes.Add(mode);
        _features.Add(feature);
        _thresholds.Add(threshold);
        _whenTrue.Add(whenTrue);
        _whenFalse.Add(whenFalse);
        _missingTrue.Add(missingTrue);
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new TreesNotCoveredException(otherwise);
        }
    }
}
