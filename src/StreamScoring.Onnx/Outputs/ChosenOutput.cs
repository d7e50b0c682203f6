using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Outputs;

/// <summary>Which of several outputs of numbers is the model's.</summary>
internal static class ChosenOutput
{
    private static readonly string[] Copying = ["Identity", "Cast", "Concat", "FeatureVectorizer", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Gather", "Split", "Slice", "ArrayFeatureExtractor"];

    /// <exception cref="Configuration.InvalidInputFileException">There is no such output of
    /// numbers.</exception>
    public static string Named(string path, OnnxGraph graph, string name, IReadOnlyList<string> numbers) =>
        numbers.FirstOrDefault(output => graph.OutputNameOf(output) == name || output == name)
        ?? throw ModelRefused.Because(path, $"gives no output {name} of numbers; it gives {string.Join(", ", numbers.Select(graph.OutputNameOf))}");

    /// <summary>
    /// Leaves out those that only repeat inputs. Of the others one that is a probability made of
    /// all the rest is the model's: exporters give its steps too.
    /// </summary>
    public static List<string> Of(OnnxGraph graph, List<string> numbers, List<string> notices)
    {
        if (numbers.Count < 2)
        {
            return numbers;
        }

        var computed = numbers.Where(output => !IsCopy(graph.Model.Graph, output)).ToList();
        // Of two probabilities nobody can say which is meant. What only renames does not count.
        var last = computed.Where(output => IsProbability(graph.Model.Graph, output)).ToList();
        last = last.Count == 1 && computed.All(other => other == last[0] || Sources(graph.Model.Graph, last[0]).Contains(OutputSource.Of(graph.Model.Graph, other).Value)) ? last : [];
        if (computed.Count < 2 || last.Count != 1)
        {
            return computed;
        }

        notices.Add($"of its outputs {string.Join(", ", computed.Select(graph.OutputNameOf))}, {graph.OutputNameOf(last[0])} is taken");
        return last;
    }

    private static bool IsProbability(GraphProto graph, string output) => OutputSource.Of(graph, output).Maker?.OpType is "Sigmoid" or "Softmax";

    /// <summary>Whether nothing but inputs stands in it.</summary>
    private static bool IsCopy(GraphProto graph, string output)
    {
        var constants = new Constants(graph);
        var makers = MakersOf(graph, output).ToList();
        return makers.All(node => Copying.Contains(node.OpType) || node.OpType == "Constant" || (node.OpType == "Mul" && node.Input.Any(constants.IsOne)))
            && Sources(graph, output).Any(value => graph.Input.Any(input => input.Name == value));
    }

    /// <returns>All values that it is made of, itself among them.</returns>
    private static HashSet<string> Sources(GraphProto graph, string output) => [output, .. MakersOf(graph, output).SelectMany(node => node.Input)];

    private static IEnumerable<NodeProto> MakersOf(GraphProto graph, string output)
    {
        var makers = graph.Node.SelectMany(node => node.Output.Select(value => (value, node))).Where(made => made.value.Length > 0).ToLookup(made => made.value, made => made.node, StringComparer.Ordinal);
        var (seen, open) = (new HashSet<string>(StringComparer.Ordinal) { output }, new Queue<string>([output]));
        while (open.TryDequeue(out var value))
        {
            foreach (var node in makers[value])
            {
                yield return node;
                foreach (var input in node.Input.Where(seen.Add))
                {
                    open.Enqueue(input);
                }
            }
        }
    }
}
