using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Trees;

/// <summary>A node's attributes by name.</summary>
internal sealed class NodeAttributes
{
    private readonly Dictionary<string, AttributeProto> _byName;

    /// <exception cref="TreesNotCoveredException">It keeps numbers in tensors.</exception>
    public NodeAttributes(NodeProto node)
    {
        _byName = node.Attribute.ToDictionary(attribute => attribute.Name);
        if (_byName.Keys.FirstOrDefault(name => name.EndsWith("_as_tensor", StringComparison.Ordinal)) is { } name)
        {
            throw new TreesNotCoveredException($"it has {name}, numbers of 64 bits");
        }
    }

    public IReadOnlyList<float> Floats(string name) => _byName.GetValueOrDefault(name)?.Floats ?? [];

    public IReadOnlyList<long> Integers(string name) => _byName.GetValueOrDefault(name)?.Ints ?? [];

    public IReadOnlyList<string> Texts(string name) => [.. (_byName.GetValueOrDefault(name)?.Strings ?? []).Select(text => text.ToStringUtf8())];

    public int TextCount(string name) => _byName.GetValueOrDefault(name)?.Strings.Count ?? 0;

    public long Integer(string name, long otherwise) => _byName.GetValueOrDefault(name)?.I ?? otherwise;

    public string Text(string name, string otherwise) => _byName.GetValueOrDefault(name)?.S.ToStringUtf8() ?? otherwise;
}
