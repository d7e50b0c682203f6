using Google.Protobuf;
using Microsoft.ML.Trainers.FastTree;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.Training;

/// <summary>
/// Writes boosted trees as one ONNX TreeEnsembleClassifier: label and two probabilities a row.
/// </summary>
/// <remarks>
/// Format: the operator TreeEnsembleClassifier of ai.onnx.ml version 3,
/// https://onnx.ai/onnx/operators/.
/// </remarks>
internal static class TreeModel
{
    private const int FloatElement = 1, Int64Element = 7;

    /// <param name="ensemble">Trees whose leaves are summed; a split goes left where value ≤
    /// threshold.</param>
    /// <param name="scale">What the sum is multiplied by to give log-odds.</param>
    /// <param name="inputCount">Features of a row.</param>
    /// <param name="rows">[rows][inputs] What it was trained on: how many of them reach a node is
    /// written beside it, for explanations.</param>
    public static ModelProto ToOnnx(RegressionTreeEnsemble ensemble, double scale, int inputCount, IReadOnlyList<float[]> rows)
    {
        var builder = new NodeLists();
        var rowCounts = new long[ensemble.Trees.Count][];
        // Every row goes through every tree, which takes seconds of one core for a million rows.
        Parallel.For(0, rowCounts.Length, i => rowCounts[i] = NodeLists.CountRows(ensemble.Trees[i], rows));
        for (var i = 0; i < ensemble.Trees.Count; i++)
        {
            builder.AddTree(i, ensemble.Trees[i], ensemble.TreeWeights[i] * scale, rowCounts[i]);
        }

        var node = new NodeProto { OpType = "TreeEnsembleClassifier", Domain = "ai.onnx.ml", Name = "trees" };
        node.Input.Add("features");
        node.Output.Add(["label", "probabilities"]);
        builder.AddTo(node, ensemble.Bias * scale);

        var graph = new GraphProto { Name = "fraud" };
        graph.Node.Add(node);
        graph.Input.Add(Value("features", FloatElement, null, inputCount));
        graph.Output.Add(Value("label", Int64Element, [null]));
        graph.Output.Add(Value("probabilities", FloatElement, null, 2));
        var model = new ModelProto { IrVersion = 8, ProducerName = "stream-scoring", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    private static ValueInfoProto Value(string name, int type, params int?[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var size in dimensions)
        {
            shape.Dim.Add(size is { } known ? new TensorShapeProto.Types.Dimension { DimValue = known } : new TensorShapeProto.Types.Dimension { DimParam = "rows" });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    /// <summary>The operator's parallel lists.</summary>
    private sealed class NodeLists
    {
        private readonly List<long> _trees = [], _nodes = [], _features = [], _trueNodes = [], _falseNodes = [], _missingTrue = [];
        private readonly List<string> _modes = [];
        private readonly List<float> _thresholds = [], _weights = [], _hitRates = [];
        private readonly List<long> _leafTrees = [], _leafNodes = [], _leafClasses = [];

        /// <returns>[splits + leaves] In the order in which <see cref="AddTree"/> numbers
        /// nodes.</returns>
        public static long[] CountRows(RegressionTree source, IReadOnlyList<float[]> rows) => NodeRowCounts.Of(
            [.. source.NumericalSplitFeatureIndexes], [.. source.NumericalSplitThresholds.Select(threshold => RoundDown(threshold))],
            [.. source.LeftChild], [.. source.RightChild], source.LeafValues.Count, rows);

        /// <param name="rowCounts">By node.</param>
        public void AddTree(int tree, RegressionTree source, double weight, long[] rowCounts)
        {
            _hitRates.AddRange(rowCounts.Select(count => (float)count));
            var splits = source.NumberOfNodes;
            if (splits == 0)
            {
                AddLeaf(tree, 0, source.LeafValues[0] * weight);
                return;
            }

            // Splits keep their numbers; leaf k, which children name as ~k, follows as number
            // splits + k.
            long Number(int child) => child >= 0 ? child : splits + ~child;
            for (var i = 0; i < splits; i++)
            {
                var threshold = RoundDown(source.NumericalSplitThresholds[i]);
                Add(tree, i, "BRANCH_LEQ", source.NumericalSplitFeatureIndexes[i], threshold, Number(source.LeftChild[i]), Number(source.RightChild[i]),
                    // Trained with missing values taken for zero.
                    missingTrue: threshold >= 0);
            }

            for (var leaf = 0; leaf < source.LeafValues.Count; leaf++)
            {
                AddLeaf(tree, splits + leaf, source.LeafValues[leaf] * weight);
            }
        }

        public void AddTo(NodeProto node, double bias)
        {
            node.Attribute.Add([
                Floats("base_values", [(float)bias]),
                Integers("class_ids", _leafClasses), Integers("class_nodeids", _leafNodes), Integers("class_treeids", _leafTrees), Floats("class_weights", _weights),
                Integers("classlabels_int64s", [0, 1]),
                Integers("nodes_falsenodeids", _falseNodes), Integers("nodes_featureids", _features), Floats("nodes_hitrates", _hitRates),
                Integers("nodes_missing_value_tracks_true", _missingTrue),
                Texts("nodes_modes", _modes), Integers("nodes_nodeids", _nodes), Integers("nodes_treeids", _trees), Integers("nodes_truenodeids", _trueNodes),
                Floats("nodes_values", _thresholds),
                new AttributeProto { Name = "post_transform", Type = AttributeType.String, S = ByteString.CopyFromUtf8("LOGISTIC") },
            ]);
        }

        /// <summary>
        /// The largest float that is not above: for a float x, x ≤ it exactly where x ≤ the double.
        /// </summary>
        private static float RoundDown(double threshold)
        {
            var rounded = (float)threshold;
            return rounded > threshold ? MathF.BitDecrement(rounded) : rounded;
        }

        private void AddLeaf(int tree, long node, double value)
        {
            Add(tree, node, "LEAF", 0, 0, 0, 0, missingTrue: false);
            _leafTrees.Add(tree);
            _leafNodes.Add(node);
            _leafClasses.Add(1);
            _weights.Add((float)value);
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
    }
}
