using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Reads a tree operator's parallel lists into trees, by the rules of ONNX Runtime where the format
/// leaves a choice.
/// </summary>
/// <remarks>
/// The operators TreeEnsembleClassifier, TreeEnsembleRegressor and TreeEnsemble of ai.onnx.ml,
/// https://onnx.ai/onnx/operators/.
/// </remarks>
internal static class TreeEnsembleReader
{
    private static readonly string[] AggregateNames = ["AVERAGE", "SUM", "MIN", "MAX"];

    /// <summary>
    /// ONNX Runtime takes 1 for LOGISTIC and 2 for SOFTMAX; the format has them the other way
    /// round.
    /// </summary>
    private static readonly string[] TransformNames = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"];

    /// <param name="features">All floats, or all doubles.</param>
    /// <exception cref="TreesNotCoveredException">The node is of a form that this project does not
    /// evaluate.</exception>
    public static TreeEnsemble Read(NodeProto node, IReadOnlyList<TreeFeature> features)
    {
        var isDouble = features.Any(feature => !feature.IsFloat);
        Require(!isDouble || features.All(feature => !feature.IsFloat), "its trees read floats and doubles");
        var (attributes, isClassifier, isRooted) = (new NodeAttributes(node), node.OpType == "TreeEnsembleClassifier", node.OpType == "TreeEnsemble");
        var targetCount = isClassifier
            ? Math.Max(attributes.Integers("classlabels_int64s").Count, attributes.TextCount("classlabels_strings"))
            : (int)attributes.Integer("n_targets", 1);
        Require(targetCount > 0 && (!isClassifier || targetCount > 1), $"it has {targetCount} {(isClassifier ? "classes" : "targets")}");
        var lists = isRooted ? RootedTrees.Of(attributes) : NodeLists.Of(attributes, isClassifier ? "class" : "target");
        var weights = LeafWeights.Of(lists, targetCount);
        var shaper = new TreeShaper(lists, features.Count, isDouble, weights);
        var ensemble = new TreeEnsemble
        {
            Trees = shaper.Trees(),
            HasHitRates = shaper.HasHitRates,
            Features = features,
            IsDouble = isDouble,
            // Only the newest operator gives doubles.
            IsRounded = !isDouble || !isRooted,
            TargetCount = targetCount,
            Aggregate = isClassifier ? TreeAggregate.Sum : Choice<TreeAggregate>(attributes, "aggregate_function", AggregateNames, isRooted, 1),
            PostTransform = Choice<PostTransform>(attributes, "post_transform", TransformNames, isRooted, 0),
            BaseValues = new double[targetCount],
            Output = TreeOutput.OneEach,
        };
        var baseValues = attributes.Numbers("base_values");
        Require(baseValues.All(double.IsFinite), "a base value is not finite");
        return isClassifier ? Classifier(ensemble, weights, baseValues) : Regressor(ensemble, baseValues);
    }

    private static TreeEnsemble Regressor(TreeEnsemble ensemble, IReadOnlyList<double> baseValues)
    {
        Require(baseValues.Count == 0 || baseValues.Count == ensemble.TargetCount, $"it has {baseValues.Count} base values for {ensemble.TargetCount} targets");
        for (var target = 0; target < baseValues.Count; target++)
        {
            // ONNX Runtime leaves the base value out for a row without any weight for the target.
            Require(baseValues[target] == 0 || EveryRowHas(ensemble, target), $"some rows may have no weight for target {target}, which has a base value");
        }

        return ensemble with
        {
            BaseValues = baseValues.Count == 0 ? ensemble.BaseValues : baseValues,
            Output = ensemble.TargetCount == 1 ? TreeOutput.OneBare : TreeOutput.OneEach,
        };
    }

    private static TreeEnsemble Classifier(TreeEnsemble ensemble, LeafWeights weights, IReadOnlyList<double> baseValues)
    {
        if (ensemble.TargetCount > 2)
        {
            Require(baseValues.Count == 0 || baseValues.Count == ensemble.TargetCount, $"it has {baseValues.Count} base values for {ensemble.TargetCount} classes");
            return ensemble with { BaseValues = baseValues.Count == 0 ? ensemble.BaseValues : baseValues };
        }

        Require(baseValues.Count <= 1, "two classes have a base value each, for which ONNX Runtime has rules of its own");
        var baseValue = baseValues.Count == 0 ? 0 : baseValues[0];
        if (weights.UsesTarget(1))
        {
            // ONNX Runtime takes another way for a row without any weight for class 1: it must have
            // one, whichever leaves it falls into.
            Require(EveryRowHas(ensemble, 1), "some rows may have no weight for class 1");
            Require(baseValue == 0 || !weights.UsesTarget(0) || EveryRowHas(ensemble, 0), "some rows may have no weight for class 0, which has a base value");
            // One base value belongs to class 0, and is left out where that has no weights.
            return ensemble with { BaseValues = [weights.UsesTarget(0) ? baseValue : 0, 0] };
        }

        return ensemble with
        {
            Trees = [.. ensemble.Trees.Select(tree => tree with { Weights = [.. tree.Weights.Take(tree.LeafCount)] })],
            TargetCount = 1,
            BaseValues = [baseValue],
            Output = weights.AreAllPositive && ensemble.PostTransform != PostTransform.Logistic ? TreeOutput.Complement : TreeOutput.Opposite,
        };
    }

    /// <summary>Whether a row has a weight for a target whichever leaves it falls into.</summary>
    private static bool EveryRowHas(TreeEnsemble ensemble, int target) =>
        ensemble.Trees.Any(tree => tree.Weights.Skip(target * tree.LeafCount).Take(tree.LeafCount).All(weight => !double.IsNaN(weight)));

    /// <param name="names">By number; of which an operator names <paramref name="otherwise"/> if
    /// it says nothing.</param>
    private static T Choice<T>(NodeAttributes attributes, string name, string[] names, bool isNumber, int otherwise) where T : struct, Enum
    {
        var number = attributes.Integer(name, otherwise);
        var text = !isNumber ? attributes.Text(name, names[otherwise]) : number >= 0 && number < names.Length ? names[(int)number] : $"{number}";
        return Enum.TryParse<T>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var value) && Enum.IsDefined(value) ? value
            : throw new TreesNotCoveredException($"its {name} is {text}");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new TreesNotCoveredException(otherwise);
        }
    }
}
