using System.Globalization;
using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Outputs;

/// <summary>
/// The names of a model's classes in the order of its columns of probabilities, as far as the file
/// says them: in ZipMap, in what turns the largest column into a predicted class, or in the
/// classifier itself.
/// </summary>
internal static class ClassLabels
{
    /// <param name="output">The output of numbers.</param>
    /// <param name="predictions">Outputs that are predicted classes.</param>
    /// <param name="doubt">Why their order is not to be relied on; null where it is.</param>
    /// <returns>Null where the file names no classes.</returns>
    public static IReadOnlyList<string>? Of(OnnxGraph graph, string output, IReadOnlyList<string> predictions, out string? doubt)
    {
        doubt = null;
        var ofColumns = graph.ZipMapLabelsOf(output);
        var ofPredictions = predictions.Select(prediction => OfPrediction(graph.Model.Graph, prediction)).FirstOrDefault(labels => labels is not null);
        if (ofColumns is null && ofPredictions is not null && !predictions.Any(prediction => IsByColumn(graph.Model.Graph, prediction)))
        {
            doubt = $"has the classes {Listed(ofPredictions)}, and does not say which column is of which";
        }

        if (ofColumns is not null && ofPredictions is not null && !ofColumns.SequenceEqual(ofPredictions))
        {
            doubt = $"names its classes twice: {Listed(ofColumns)} by ZipMap, and {Listed(ofPredictions)} by the predicted class";
        }

        return ofColumns ?? ofPredictions ?? OfMaker(graph.Model.Graph, output);
    }

    /// <returns>The labels that a node's attributes name; null for none.</returns>
    public static IReadOnlyList<string>? OfAttributes(NodeProto node)
    {
        var texts = Find(node, "classlabels_strings")?.Strings;
        if (texts is { Count: > 0 })
        {
            return [.. texts.Select(text => text.ToStringUtf8())];
        }

        var numbers = Find(node, "classlabels_int64s")?.Ints ?? Find(node, "classlabels_ints")?.Ints;
        return numbers is { Count: > 0 } ? [.. numbers.Select(Text)] : null;
    }

    public static string Listed(IEnumerable<string> labels) => string.Join(", ", labels);

    private static IReadOnlyList<string>? OfMaker(GraphProto graph, string output)
    {
        var source = OutputSource.Of(graph, output, "Normalizer");
        return source.IsOfClassifier ? OfAttributes(source.Maker!) : null;
    }

    /// <summary>
    /// Goes back from a predicted class to what it was chosen from, and renames on the way as the
    /// graph does.
    /// </summary>
    private static List<string>? OfPrediction(GraphProto graph, string prediction)
    {
        var constants = new Constants(graph);
        var encoders = new List<NodeProto>();
        for (var value = prediction; ;)
        {
            var source = OutputSource.Of(graph, value);
            var maker = source.Maker;
            switch (maker?.OpType)
            {
                case "LabelEncoder":
                    encoders.Add(maker);
                    value = maker.Input[0];
                    continue;
                // The classes stand in a list of their own, and a number picks one.
                case "ArrayFeatureExtractor" or "Gather" when constants.Labels(maker.Input[0]) is { } classes:
                    return Renamed(classes, encoders);
                default:
                    return source.IsPrediction && OfAttributes(maker!) is { } labels ? Renamed(labels, encoders) : null;
            }
        }
    }

    /// <summary>
    /// Whether a class is predicted by the number of the largest column, or by a classifier: then
    /// classes stand in the order of the columns.
    /// </summary>
    private static bool IsByColumn(GraphProto graph, string prediction)
    {
        for (var value = prediction; ;)
        {
            var source = OutputSource.Of(graph, value);
            switch (source.Maker?.OpType)
            {
                case "ArgMax" or "TopK":
                    return true;
                case "LabelEncoder":
                    value = source.Maker.Input[0];
                    continue;
                case "ArrayFeatureExtractor" or "Gather":
                    value = source.Maker.Input[1];
                    continue;
                default:
                    return source.IsPrediction;
            }
        }
    }

    /// <param name="encoders">The last one first.</param>
    private static List<string>? Renamed(IReadOnlyList<string> labels, List<NodeProto> encoders)
    {
        var renamed = labels.ToList();
        foreach (var encoder in Enumerable.Reverse(encoders))
        {
            var (keys, values) = (Texts(encoder, "keys_"), Texts(encoder, "values_"));
            if (keys.Count == 0 || keys.Count != values.Count)
            {
                return null;
            }

            renamed = [.. renamed.Select(label => keys.IndexOf(label) is >= 0 and var at ? values[at] : label)];
        }

        return renamed;
    }

    private static List<string> Texts(NodeProto node, string prefix) =>
        Find(node, prefix + "strings")?.Strings is { Count: > 0 } texts ? [.. texts.Select(text => text.ToStringUtf8())]
        : Find(node, prefix + "int64s")?.Ints is { Count: > 0 } numbers ? [.. numbers.Select(Text)]
        : [];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static AttributeProto? Find(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
