namespace StreamScoring.Onnx.Trees;

/// <summary>Makes trees of the operator's node lists: nodes in one form, leaves in order.</summary>
internal sealed class TreeShaper
{
    private readonly IReadOnlyList<long> _trees, _nodes, _features, _whenTrue, _whenFalse, _missingTrue;
    private readonly IReadOnlyList<string> _modes;
    private readonly IReadOnlyList<double> _thresholds;
    private readonly int _featureCount;
    private readonly bool _isDouble;
    private readonly LeafWeights _weights;
    private readonly HitRates _hitRates;
    private readonly Dictionary<(long Tree, long Node), int> _indexes;
    /// <summary>By node: its split's index, or ~leaf; null until it is placed.</summary>
    private readonly int?[] _placed;
    /// <summary>By node: whether several ways lead to it.</summary>
    private readonly bool[] _isShared;

    /// <exception cref="TreesNotCoveredException">The lists do not fit each other.</exception>
    public TreeShaper(NodeLists lists, int featureCount, bool isDouble, LeafWeights weights)
    {
        (_featureCount, _isDouble, _weights) = (featureCount, isDouble, weights);
        (_trees, _nodes, _features, _whenTrue, _whenFalse) = (lists.Trees, lists.Nodes, lists.Features, lists.WhenTrue, lists.WhenFalse);
        (_modes, _thresholds, _missingTrue) = (lists.Modes, lists.Thresholds, lists.MissingTrue);
        int[] lengths = [_nodes.Count, _features.Count, _whenTrue.Count, _whenFalse.Count, _modes.Count, _thresholds.Count];
        if (_trees.Count == 0 || lengths.Any(length => length != _trees.Count))
        {
            throw new TreesNotCoveredException("its lists of nodes are empty or differ in length");
        }

        _hitRates = new HitRates(lists.HitRates, _trees.Count);
        _placed = new int?[_trees.Count];
        _isShared = new bool[_trees.Count];
        _indexes = new Dictionary<(long, long), int>(_trees.Count);
        for (var i = 0; i < _trees.Count; i++)
        {
            if (!_indexes.TryAdd((_trees[i], _nodes[i]), i))
            {
                throw new TreesNotCoveredException($"node {_nodes[i]} of tree {_trees[i]} is there twice");
            }
        }

        FindShared();
    }

    /// <summary>Whether shares of rows come from the operator; else they are a half each.</summary>
    public bool HasHitRates => _hitRates.AreKnown;

    /// <returns>Trees in the order in which ONNX Runtime adds them up: that of the lists, each with
    /// its first node as the root.</returns>
    public List<DecisionTree> Trees()
    {
        var trees = new List<DecisionTree>();
        var seen = new HashSet<long>();
        for (var i = 0; i < _trees.Count; i++)
        {
            if (i == 0 || _trees[i] != _trees[i - 1])
            {
                Require(seen.Add(_trees[i]), $"the nodes of tree {_trees[i]} do not stand together");
                trees.Add(Shape(i));
            }
        }

        Require(_placed.All(place => place is not null), "it has nodes that no way leads to");
        return trees;
    }

    private void FindShared()
    {
        var isReached = new bool[_trees.Count];
        for (var i = 0; i < _trees.Count; i++)
        {
            if (_modes[i] == "LEAF")
            {
                continue;
            }

            foreach (var number in (ReadOnlySpan<long>)[_whenTrue[i], _whenFalse[i]])
            {
                // A child that is not there is an error, which whoever follows the way to it
                // reports.
                if (_indexes.TryGetValue((_trees[i], number), out var child))
                {
                    _isShared[child] = isReached[child];
                    isReached[child] = true;
                }
            }
        }
    }

    private DecisionTree Shape(int root)
    {
        var splits = new List<TreeSplit>();
        var leaves = new List<double[]>();
        // A tree may be as deep as it has nodes, so what is still to do is kept on the heap.
        var open = new Stack<(int Node, int Parent, bool IsTrueChild)>();
        open.Push((root, -1, true));
        while (open.TryPop(out var next))
        {
            var (firstLeaf, isShared) = (leaves.Count, _placed[next.Node] is not null);
            if (!isShared)
            {
                Place(next.Node, splits, leaves, open);
            }

            var place = _placed[next.Node]!.Value;
            if (next.Parent < 0)
            {
                continue;
            }

            var parent = splits[next.Parent];
            if (isShared)
            {
                // The leaves of the parent's other child end with those of this one, which a failed
                // comparison must not take away.
                var isChain = !next.IsTrueChild && parent.WhenTrue >= 0 && splits[parent.WhenTrue].WhenFalse == place;
                Require(isChain, $"node {_nodes[next.Node]} of tree {_trees[next.Node]} has two parents");
                // ONNX Runtime makes one set of the values of such a chain, and goes by what its
                // first node says of missing values.
                Require(
                    splits[parent.WhenTrue].MissingIsTrue == parent.MissingIsTrue,
                    $"comparisons of tree {_trees[next.Node]} with one way out send missing values different ways");
                firstLeaf = splits[parent.WhenTrue].EndLeaf;
            }

            splits[next.Parent] = next.IsTrueChild ? parent with { WhenTrue = place } : parent with { WhenFalse = place, EndLeaf = firstLeaf };
        }

        var weights = Enumerable.Range(0, _weights.TargetCount).SelectMany(target => leaves.Select(leaf => leaf[target]));
        return new DecisionTree(splits, leaves.Count, [.. weights]);
    }

    private void Place(int node, List<TreeSplit> splits, List<double[]> leaves, Stack<(int Node, int Parent, bool IsTrueChild)> open)
    {
        if (_modes[node] == "LEAF")
        {
            _placed[node] = ~leaves.Count;
            leaves.Add(_weights.Of(_trees[node], _nodes[node]) ?? throw new TreesNotCoveredException("a leaf has no weight"));
            return;
        }

        _placed[node] = splits.Count;
        var (split, isExchanged) = SplitOf(node);
        var (whenTrue, whenFalse) = (ChildOf(node, _whenTrue), ChildOf(node, _whenFalse));
        (whenTrue, whenFalse) = isExchanged ? (whenFalse, whenTrue) : (whenTrue, whenFalse);
        // The last one pushed comes first: leaves are numbered from the side where the comparison
        // holds.
        open.Push((whenFalse, splits.Count, false));
        open.Push((whenTrue, splits.Count, true));
        splits.Add(split with { FirstLeaf = leaves.Count, TrueShare = _hitRates.TrueShare(node, whenTrue, whenFalse, _isShared[whenFalse]) });
    }

    private (TreeSplit Split, bool IsExchanged) SplitOf(int node)
    {
        var (feature, threshold) = (_features[node], _thresholds[node]);
        Require(feature >= 0 && feature < _featureCount, $"it splits by feature {feature} of {_featureCount}");
        Require(!double.IsNaN(threshold), "a threshold is NaN");
        var missingIsTrue = node < _missingTrue.Count && _missingTrue[node] == 1;
        TreeSplit At(double at, bool isUnequal, bool isMissingTrue) => new((int)feature, at, isUnequal, isMissingTrue, 0, 0, 0, 0, 0);
        switch (_modes[node])
        {
            case "BRANCH_LEQ":
                return (At(threshold, false, missingIsTrue), false);
            case "BRANCH_LT":
                return (At(Below(threshold), false, missingIsTrue), false);
            case "BRANCH_GT":
                return (At(threshold, false, !missingIsTrue), true);
            case "BRANCH_GTE":
                return (At(Below(threshold), false, !missingIsTrue), true);
            case "BRANCH_EQ":
                return (At(threshold, true, !missingIsTrue), true);
            case "BRANCH_NEQ":
                // NaN differs from every threshold, so ONNX Runtime sends it the true way whatever
                // the node says of missing values.
                return (At(threshold, true, true), false);
            default:
                throw new TreesNotCoveredException($"it has a node of the mode {_modes[node]}");
        }
    }

    /// <summary>For a number x of the ensemble's kind, x ≤ it exactly where x &lt; the
    /// threshold.</summary>
    private double Below(double threshold)
    {
        Require(!double.IsNegativeInfinity(threshold), "a threshold is below every number");
        return _isDouble ? Math.BitDecrement(threshold) : MathF.BitDecrement((float)threshold);
    }

    private int ChildOf(int node, IReadOnlyList<long> children) =>
        _indexes.TryGetValue((_trees[node], children[node]), out var child) ? child
            : throw new TreesNotCoveredException($"node {_nodes[node]} of tree {_trees[node]} has no child {children[node]}");

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new TreesNotCoveredException(otherwise);
        }
    }
}
