using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>A node's attributes by name.</summary>
internal sealed class NodeAttributes(NodeProto node)
{
    private readonly Dictionary<string, AttributeProto> _byName = node.Attribute.ToDictionary(attribute => attribute.Name);

    /// <summary>
    /// The numbers of a list of floats, or of the tensor that stands for it:
    /// <c>nodes_values_as_tensor</c> for <c>nodes_values</c>.
    /// </summary>
    /// <exception cref="TreesNotCoveredException">The tensor holds neither floats nor
    /// doubles.</exception>
    public IReadOnlyList<double> Numbers(string name) =>
        _byName.ContainsKey($"{name}_as_tensor") ? TensorNumbers($"{name}_as_tensor") : [.. _byName.GetValueOrDefault(name)?.Floats ?? []];

    /// <returns>The numbers of a tensor; empty where there is none.</returns>
    /// <exception cref="TreesNotCoveredException">It holds neither floats nor doubles.</exception>
    public IReadOnlyList<double> TensorNumbers(string name) => Tensor(name) is not { } tensor ? []
        : Constants.Numbers(tensor) ?? throw new TreesNotCoveredException($"its {name} holds neither floats nor doubles");

    /// <inheritdoc cref="TensorNumbers"/>
    /// <exception cref="TreesNotCoveredException">It holds no whole numbers.</exception>
    public IReadOnlyList<long> TensorIntegers(string name) => Tensor(name) is not { } tensor ? []
        : Constants.Integers(tensor) ?? throw new TreesNotCoveredException($"its {name} holds no whole numbers");

    public IReadOnlyList<long> Integers(string name) => _byName.GetValueOrDefault(name)?.Ints ?? [];

    public IReadOnlyList<string> Texts(string name) => [.. (_byName.GetValueOrDefault(name)?.Strings ?? []).Select(text => text.ToStringUtf8())];

    public int TextCount(string name) => _byName.GetValueOrDefault(name)?.Strings.Count ?? 0;

    public long Integer(string name, long otherwise) => _byName.GetValueOrDefault(name)?.I ?? otherwise;

    public string Text(string name, string otherwise) => _byName.GetValueOrDefault(name)?.S.ToStringUtf8() ?? otherwise;

    private TensorProto? Tensor(string name) => _byName.GetValueOrDefault(name)?.T;
}
