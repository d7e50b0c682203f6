using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Outputs;

/// <summary>What an output is, as far as the operator that computes it says.</summary>
/// <param name="Kind">Null where it does not say, or it is neither.</param>
/// <param name="MayBeShares">Whether numbers that look like shares of classes may be taken for
/// probabilities.</param>
/// <param name="Notice">Null for none.</param>
internal sealed record ToldKind(OutputKind? Kind, bool MayBeShares, string? Notice = null)
{
    private const float Rounding = 1e-4f;

    private static readonly ToldKind Probability = new(OutputKind.Probability, true), Unknown = new(null, true), Neither = new(null, false);

    /// <param name="trees">The model's trees, and which of their outputs is read; as far as they
    /// can be read.</param>
    public static ToldKind Of(GraphProto graph, string output, ReadableTrees trees)
    {
        var source = OutputSource.Of(graph, output, "Normalizer");
        return source.Maker is not { } maker ? Unknown : maker.OpType switch
        {
            "Sigmoid" or "Softmax" => Probability,
            "TreeEnsembleRegressor" or "TreeEnsemble" => OfRegressor(maker, "n_targets"),
            "LinearRegressor" => OfRegressor(maker, "targets"),
            "SVMRegressor" => OfRegressor(maker, "n_targets"),
            "TreeEnsembleClassifier" => trees.Ensemble is { } ensemble ? OfTrees(ensemble, trees.OutputColumn) : TransformOf(maker) == "LOGISTIC" ? Probability : Unknown,
            "LinearClassifier" => OfLinear(maker),
            "SVMClassifier" => Find(maker, "prob_a")?.Floats.Count > 0 ? Probability : Neither,
            _ => Unknown,
        };
    }

    /// <summary>
    /// ONNX Runtime applies no transform to a regressor of one target (a test looks at each
    /// operator): what comes out of a logistic one are its log-odds, and the link makes of them
    /// what the file means.
    /// </summary>
    private static ToldKind OfRegressor(NodeProto node, string countName) => (TransformOf(node), Find(node, countName)?.I ?? 1) switch
    {
        ("LOGISTIC", 1) => new(OutputKind.Logit, false, $"ONNX Runtime leaves out post_transform LOGISTIC of a {node.OpType} with one target: its output is taken for log-odds, and the link makes it a probability"),
        ("LOGISTIC", _) => Probability,
        _ => Neither,
    };

    private static ToldKind OfTrees(TreeEnsemble ensemble, int column) => (ensemble.Output, ensemble.PostTransform) switch
    {
        (TreeOutput.OneEach, PostTransform.Logistic or PostTransform.Softmax or PostTransform.SoftmaxZero) or (TreeOutput.Opposite, PostTransform.Logistic) => Probability,
        // Votes of a forest: whichever leaves a row falls into, they are shares.
        (TreeOutput.OneEach, PostTransform.None) when AreShares(ensemble, column) => Probability,
        (TreeOutput.Complement, _) when AreShares(ensemble, target: 0) => Probability,
        _ => Neither,
    };

    /// <summary>
    /// With one row of coefficients for two classes ONNX Runtime applies LOGISTIC and no other
    /// transform.
    /// </summary>
    private static ToldKind OfLinear(NodeProto node)
    {
        var hasRowEach = Find(node, "intercepts")?.Floats.Count == ClassLabels.OfAttributes(node)?.Count;
        return TransformOf(node) == "LOGISTIC" || (TransformOf(node) is "SOFTMAX" or "SOFTMAX_ZERO" && hasRowEach) ? Probability : Neither;
    }

    private static bool AreShares(TreeEnsemble ensemble, int target)
    {
        var (least, most) = (ensemble.BaseValues[target], ensemble.BaseValues[target]);
        foreach (var tree in ensemble.Trees)
        {
            var weights = tree.Weights.Skip(target * tree.LeafCount).Take(tree.LeafCount).Select(weight => double.IsNaN(weight) ? 0 : weight).ToList();
            (least, most) = (least + weights.Min(), most + weights.Max());
        }

        return ensemble.Aggregate == TreeAggregate.Sum && least >= -Rounding && most <= 1 + Rounding;
    }

    private static string TransformOf(NodeProto node) => Find(node, "post_transform") switch
    {
        // The newest operator has numbers for it: for one target what the file means counts, as
        // ONNX Runtime applies none; for several what ONNX Runtime takes the number for.
        { } transform when node.OpType == "TreeEnsemble" => transform.I == (Find(node, "n_targets")?.I > 1 ? 1 : 2) ? "LOGISTIC" : "",
        { } transform => transform.S.ToStringUtf8(),
        null => "NONE",
    };

    private static AttributeProto? Find(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
