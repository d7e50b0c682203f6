using System.Globalization;
using System.Runtime.InteropServices;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// The small tensors that a graph keeps beside its nodes, or as nodes of their own.
/// </summary>
internal sealed class Constants(GraphProto graph)
{
    private const int FloatElement = 1, ByteElement = 2, Int32Element = 6, Int64Element = 7, TextElement = 8, BooleanElement = 9, DoubleElement = 11;

    /// <summary>Whether a value is one number, 1.0.</summary>
    public bool IsOne(string name) => Find(name) is { DataType: FloatElement } tensor && Floats(tensor) is [1f];

    /// <returns>The numbers of a tensor of floats or doubles that is one row, or one number; null
    /// for none, or one of another shape.</returns>
    public IReadOnlyList<double>? Row(string name) =>
        Find(name) is { } tensor && tensor.Dims.SkipLast(1).All(size => size == 1) ? Numbers(tensor) : null;

    /// <returns>The whole numbers of a tensor; null for none, or one that holds others.</returns>
    public IReadOnlyList<long>? Integers(string name) => Find(name) is { } tensor ? Integers(tensor) : null;

    /// <returns>Class names: texts, or whole numbers and truth values as text; null for none, or a
    /// tensor of others.</returns>
    public IReadOnlyList<string>? Labels(string name) => Find(name) switch
    {
        { DataType: TextElement } tensor => [.. tensor.StringData.Select(text => text.ToStringUtf8())],
        { DataType: BooleanElement } tensor => Integers(tensor)?.Select(value => value == 0 ? "false" : "true").ToArray(),
        { } tensor => Integers(tensor)?.Select(value => value.ToString(CultureInfo.InvariantCulture)).ToArray(),
        null => null,
    };

    /// <returns>The numbers of a tensor of floats or doubles; null for one that holds
    /// others.</returns>
    public static IReadOnlyList<double>? Numbers(TensorProto tensor) => tensor.DataType switch
    {
        FloatElement => [.. Floats(tensor)],
        DoubleElement => tensor.DoubleData.Count > 0 ? tensor.DoubleData : MemoryMarshal.Cast<byte, double>(tensor.RawData.Span).ToArray(),
        _ => null,
    };

    /// <inheritdoc cref="Integers(string)"/>
    public static IReadOnlyList<long>? Integers(TensorProto tensor) => tensor.DataType switch
    {
        Int64Element => tensor.Int64Data.Count > 0 ? tensor.Int64Data : MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray(),
        Int32Element or BooleanElement or ByteElement when tensor.Int32Data.Count > 0 => [.. tensor.Int32Data],
        Int32Element => [.. MemoryMarshal.Cast<byte, int>(tensor.RawData.Span)],
        BooleanElement or ByteElement => [.. tensor.RawData.Span.ToArray()],
        _ => null,
    };

    private static IReadOnlyList<float> Floats(TensorProto tensor) =>
        tensor.FloatData.Count > 0 ? tensor.FloatData : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();

    private TensorProto? Find(string name)
    {
        if (graph.Initializer.FirstOrDefault(tensor => tensor.Name == name) is { } tensor)
        {
            return tensor;
        }

        var node = graph.Node.FirstOrDefault(node => node.Output.Contains(name));
        return node?.OpType switch
        {
            "Identity" => Find(node.Input[0]),
            "Constant" => node.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T,
            _ => null,
        };
    }
}
