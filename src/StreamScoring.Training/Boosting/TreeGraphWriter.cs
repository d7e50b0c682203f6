using StreamScoring.Onnx.Protos;
using StreamScoring.Training.Rows;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Training.Boosting;

/// <summary>
/// Writes boosted trees as one ONNX TreeEnsembleClassifier: label and two probabilities a row.
/// </summary>
/// <remarks>
/// Format: the operator TreeEnsembleClassifier of ai.onnx.ml version 3,
/// https://onnx.ai/onnx/operators/.
/// </remarks>
internal sealed class TreeGraphWriter
{
    private const int FloatElement = 1, Int64Element = 7;

    private readonly List<long> _trees = [], _nodes = [], _features = [], _trueNodes = [], _falseNodes = [], _missingTrue = [];
    private readonly List<string> _modes = [];
    private readonly List<float> _thresholds = [], _weights = [], _hitRates = [];
    private readonly List<long> _leafTrees = [], _leafNodes = [], _leafClasses = [];

    private TreeGraphWriter()
    {
    }

    /// <param name="trees">Whose leaves are summed.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <param name="shift">What is added then, which gives log-odds.</param>
    /// <param name="rowCounts">[trees][nodes + leaves] How many training rows reach them, which is
    /// written beside them, for explanations.</param>
    /// <param name="inputs">What the graph takes.</param>
    public static ModelProto Write(IReadOnlyList<BoostedTree> trees, double scale, double shift, IReadOnlyList<long[]> rowCounts, GraphInputs inputs)
    {
        var writer = new TreeGraphWriter();
        for (var i = 0; i < trees.Count; i++)
        {
            // Not as the base value, which ONNX Runtime leaves out where class 1 alone has weights.
            writer.Add(i, trees[i], scale, i == 0 ? shift : 0, rowCounts[i], inputs.ColumnOf);
        }

        var graph = new GraphProto { Name = "fraud" };
        inputs.AddTo(graph);
        var node = new NodeProto { OpType = "TreeEnsembleClassifier", Domain = "ai.onnx.ml", Name = "trees" };
        node.Input.Add(GraphInputs.Name);
        node.Output.Add(["label", "probabilities"]);
        writer.AddTo(node);
        graph.Node.Add(node);
        graph.Output.Add(GraphInputs.Value("label", Int64Element, [null]));
        graph.Output.Add(GraphInputs.Value("probabilities", FloatElement, null, 2));
        return GraphInputs.Model(graph);
    }

    /// <param name="rowCounts">By node, then by leaf.</param>
    private void Add(int tree, BoostedTree source, double scale, double shift, long[] rowCounts, int[] columnOf)
    {
        _hitRates.AddRange(rowCounts.Select(count => (float)count));
        for (var i = 0; i < source.Nodes.Count; i++)
        {
            var node = source.Nodes[i];
            Add(tree, i, node.IsEqual ? "BRANCH_EQ" : "BRANCH_LEQ", columnOf[node.Feature], node.Operand, Number(node.WhenTrue), Number(node.WhenFalse), node.MissingTrue);
        }

        for (var leaf = 0; leaf < source.Leaves.Count; leaf++)
        {
            var number = source.Nodes.Count + leaf;
            Add(tree, number, "LEAF", 0, 0, 0, 0, missingTrue: false);
            _leafTrees.Add(tree);
            _leafNodes.Add(number);
            _leafClasses.Add(1);
            _weights.Add((float)((source.Leaves[leaf] * scale) + shift));
        }

        // Nodes keep their numbers; leaf k, which they name as ~k, follows as number nodes + k.
        long Number(int child) => child >= 0 ? child : source.Nodes.Count + ~child;
    }

    private void Add(long tree, long node, string mode, long feature, float threshold, long whenTrue, long whenFalse, bool missingTrue)
    {
        _trees.Add(tree);
        _nodes.Add(node);
        _modes.Add(mode);
        _features.Add(feature);
        _thresholds.Add(threshold);
        _trueNodes.Add(whenTrue);
        _falseNodes.Add(whenFalse);
        _missingTrue.Add(missingTrue ? 1 : 0);
    }

    private void AddTo(NodeProto node) => node.Attribute.Add([
        Integers("class_ids", _leafClasses), Integers("class_nodeids", _leafNodes), Integers("class_treeids", _leafTrees), Floats("class_weights", _weights),
        Integers("classlabels_int64s", [0, 1]),
        Integers("nodes_falsenodeids", _falseNodes), Integers("nodes_featureids", _features), Floats("nodes_hitrates", _hitRates),
        Integers("nodes_missing_value_tracks_true", _missingTrue),
        Texts("nodes_modes", _modes), Integers("nodes_nodeids", _nodes), Integers("nodes_treeids", _trees), Integers("nodes_truenodeids", _trueNodes),
        Floats("nodes_values", _thresholds),
        GraphInputs.Text("post_transform", "LOGISTIC"),
    ]);
}
