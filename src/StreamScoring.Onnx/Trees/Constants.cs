using System.Runtime.InteropServices;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>The small tensors that a graph keeps beside its nodes.</summary>
internal sealed class Constants(GraphProto graph)
{
    private const int FloatElement = 1, Int64Element = 7;

    /// <summary>Whether a value is one number, 1.0.</summary>
    public bool IsOne(string name) => Find(name) is { DataType: FloatElement } tensor && Floats(tensor) is [1f];

    /// <returns>The numbers of a tensor; null for none, or one that holds others.</returns>
    public IReadOnlyList<long>? Integers(string name) =>
        Find(name) is { DataType: Int64Element } tensor
            ? tensor.Int64Data.Count > 0 ? tensor.Int64Data : MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray()
            : null;

    private static IReadOnlyList<float> Floats(TensorProto tensor) =>
        tensor.FloatData.Count > 0 ? tensor.FloatData : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();

    private TensorProto? Find(string name) => graph.Initializer.FirstOrDefault(tensor => tensor.Name == name);
}
