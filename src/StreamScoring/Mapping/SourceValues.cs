using System.Text;

namespace StreamScoring.Mapping;

/// <summary>
/// The values of one record that a plan asks for, by their number in <see
/// cref="RecordPlan.Sources"/>:
/// cells of a row, or what stands at the paths of a record. It is used again for every record.
/// </summary>
/// <param name="count">How many sources the plan has.</param>
public sealed class SourceValues(int count)
{
    private readonly (int Start, int Length, SourceKind Kind)[] _values = new (int, int, SourceKind)[count];
    private byte[] _bytes = new byte[1024];
    private int _used;

    /// <summary>How many there are.</summary>
    public int Count => _values.Length;

    /// <summary>Makes every value missing.</summary>
    public void Clear()
    {
        Array.Clear(_values);
        _used = 0;
    }

    /// <summary>Sets a value. An empty one stays missing.</summary>
    /// <param name="source">Its number.</param>
    /// <param name="utf8">Its text.</param>
    /// <param name="kind">What the source says of it.</param>
    public void Set(int source, ReadOnlySpan<byte> utf8, SourceKind kind)
    {
        if (!utf8.IsEmpty)
        {
            utf8.CopyTo(Reserve(utf8.Length));
            Take(source, utf8.Length, kind);
        }
    }

    /// <inheritdoc cref="Set(int, ReadOnlySpan{byte}, SourceKind)"/>
    /// <param name="text">Its text.</param>
    public void Set(int source, string text, SourceKind kind)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > 0)
        {
            Take(source, Encoding.UTF8.GetBytes(text, Reserve(text.Length * 3)), kind);
        }
    }

    /// <summary>Room to write a value into; <see cref="Take"/> then sets it.</summary>
    /// <param name="bytesMax">How many bytes it may need.</param>
    public Span<byte> Reserve(int bytesMax)
    {
        if (_bytes.Length - _used < bytesMax)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + bytesMax));
        }

        return _bytes.AsSpan(_used);
    }

    /// <summary>Sets a value to what was written into the room.</summary>
    /// <param name="length">Bytes written.</param>
    public void Take(int source, int length, SourceKind kind)
    {
        _values[source] = (_used, length, length == 0 ? SourceKind.Missing : kind);
        _used += length;
    }

    /// <summary>UTF-8; empty where it is missing.</summary>
    public ReadOnlySpan<byte> Text(int source) => _bytes.AsSpan(_values[source].Start, _values[source].Length);

    /// <summary>What the source said of it.</summary>
    public SourceKind KindOf(int source) => _values[source].Kind;
}
