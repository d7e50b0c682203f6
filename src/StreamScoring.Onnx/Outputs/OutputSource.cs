using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Outputs;

/// <summary>
/// Where a value's numbers come from, behind nodes that only rename, reshape or cut them.
/// </summary>
/// <param name="Maker">The operator that computes them; null where they are an input's.</param>
/// <param name="Value">Which of its outputs they are.</param>
/// <param name="Column">The one column that was cut out of it, counted from behind where it is
/// negative; null where none was.</param>
internal sealed record OutputSource(NodeProto? Maker, string Value, int? Column)
{
    private static readonly string[] Renaming = ["Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten"];

    /// <summary>
    /// Operators of ai.onnx.ml whose first output is the predicted class and whose second has a
    /// number for each class.
    /// </summary>
    private static readonly string[] Classifiers = ["TreeEnsembleClassifier", "LinearClassifier", "SVMClassifier"];

    public bool IsOfClassifier => Maker is not null && Classifiers.Contains(Maker.OpType);

    /// <summary>A class that was predicted, as a number: no score.</summary>
    public bool IsPrediction => IsOfClassifier && Maker!.Output.IndexOf(Value) == 0;

    /// <param name="alsoThrough">Operators that are passed by as well.</param>
    public static OutputSource Of(GraphProto graph, string value, params string[] alsoThrough)
    {
        var constants = new Constants(graph);
        int? cut = null;
        while (true)
        {
            var node = graph.Node.FirstOrDefault(node => node.Output.Contains(value));
            if (node is null || node.Input.Count == 0)
            {
                return new OutputSource(node, value, cut);
            }

            var isScaledByOne = node.OpType == "Mul" && node.Input.Any(constants.IsOne);
            if (cut is null && ColumnCut.Of(node, value, constants) is { } column)
            {
                cut = column;
            }
            else if (!isScaledByOne && !Renaming.Contains(node.OpType) && !alsoThrough.Contains(node.OpType))
            {
                return new OutputSource(node, value, cut);
            }

            value = isScaledByOne ? node.Input.First(input => !constants.IsOne(input)) : node.Input[0];
        }
    }
}
