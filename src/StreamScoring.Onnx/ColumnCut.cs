using StreamScoring.Onnx.Protos;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx;

/// <summary>Which column a node takes out of rows of several.</summary>
internal static class ColumnCut
{
    /// <returns>The column, counted from behind where it is negative; null for a node that does
    /// something else.</returns>
    public static int? Of(NodeProto node, string output, Constants constants)
    {
        switch (node.OpType)
        {
            case "ArrayFeatureExtractor" or "Gather" when node.Input.Count == 2:
                return (node.OpType == "ArrayFeatureExtractor" || Axis(node) is 1 or -1) && constants.Integers(node.Input[1]) is [var index] ? checked((int)index) : null;
            case "Slice" when node.Input.Count is 4 or 5:
                var isOneStep = node.Input.Count == 4 || constants.Integers(node.Input[4]) is [1];
                return isOneStep && constants.Integers(node.Input[3]) is [1 or -1] && constants.Integers(node.Input[1]) is [var start]
                    && constants.Integers(node.Input[2]) is [var end] ? OneColumn(start, end) : null;
            case "Slice" when node.Input.Count == 1:
                return Integers(node, "axes") is [1] && Integers(node, "starts") is [var first] && Integers(node, "ends") is [var last] ? OneColumn(first, last) : null;
            case "Split" when Axis(node) is 1 or -1:
                var parts = node.Input.Count > 1 ? constants.Integers(node.Input[1]) : Integers(node, "split");
                return parts is null or { Count: 0 } || parts.All(width => width == 1) ? node.Output.IndexOf(output) : null;
            default:
                return null;
        }
    }

    /// <summary>Up to the end, or one further than it starts.</summary>
    private static int? OneColumn(long start, long end) => end == start + 1 || (start == -1 && end > int.MaxValue / 2) ? checked((int)start) : null;

    private static long Axis(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "axis")?.I ?? 0;

    private static long[] Integers(NodeProto node, string name) => [.. node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.Ints ?? []];
}
