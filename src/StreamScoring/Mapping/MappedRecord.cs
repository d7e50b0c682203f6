using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>
/// The fields of one payment as a plan made them: texts in UTF-8, the rest as numbers. It is used
/// again for every record.
/// </summary>
/// <param name="attributes">How many attributes the plan has.</param>
public sealed class MappedRecord(int attributes)
{
    private readonly (int Start, int Length)[] _texts = new (int, int)[TextFields.Count];
    private readonly (int Start, int Length, double Number)[] _attributes = new (int, int, double)[attributes];
    private readonly List<MapProblem> _problems = [];
    private byte[] _bytes = new byte[1024];
    private int _used;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long EventTimeMs { get; internal set; }

    /// <summary>Minor units of the currency.</summary>
    public long AmountMinor { get; internal set; }

    /// <summary>As in <see cref="CurrencyTable"/>; -1 where there is none.</summary>
    public short CurrencyIndex { get; internal set; }

    /// <summary>Whether it was fraud; null where nobody says.</summary>
    public bool? IsFraud { get; internal set; }

    /// <summary>Why it is no payment by the plan's own rule; null where it is one.</summary>
    public FieldPlan? SkippedBy { get; internal set; }

    /// <summary>What is wrong with it, one a field; empty where it is a payment.</summary>
    public IReadOnlyList<MapProblem> Problems => _problems;

    /// <summary>How many attributes have a value.</summary>
    public int AttributeCount { get; private set; }

    /// <summary>How many attributes are to be numbers and are texts.</summary>
    public int OddNumberCount { get; internal set; }

    /// <summary>UTF-8; empty where the field is missing.</summary>
    public ReadOnlySpan<byte> Text(TextField field) => _bytes.AsSpan(_texts[(int)field].Start, _texts[(int)field].Length);

    /// <summary>Whether an attribute has a value.</summary>
    /// <param name="attribute">Its number in <see cref="RecordPlan.AttributeNames"/>.</param>
    public bool HasAttribute(int attribute) => _attributes[attribute].Length != 0;

    /// <summary>An attribute that is a number.</summary>
    /// <inheritdoc cref="HasAttribute"/>
    public bool TryNumber(int attribute, out double number)
    {
        number = _attributes[attribute].Number;
        return _attributes[attribute].Length == IsNumber;
    }

    /// <summary>An attribute that is a text.</summary>
    /// <inheritdoc cref="HasAttribute"/>
    /// <returns>UTF-8.</returns>
    public ReadOnlySpan<byte> AttributeText(int attribute) => _bytes.AsSpan(_attributes[attribute].Start, Math.Max(_attributes[attribute].Length, 0));

    internal const int IsNumber = -1;

    internal void Clear()
    {
        Array.Clear(_texts);
        Array.Clear(_attributes);
        _problems.Clear();
        (_used, AttributeCount, EventTimeMs, AmountMinor, CurrencyIndex, IsFraud, SkippedBy, OddNumberCount) = (0, 0, 0, 0, -1, null, null, 0);
    }

    internal void Add(FieldPlan plan, MapReason reason) => _problems.Add(new MapProblem(plan, reason));

    internal void SetText(TextField field, ReadOnlySpan<byte> text) => _texts[(int)field] = (Append(text), text.Length);

    internal void SetAttribute(int attribute, ReadOnlySpan<byte> text)
    {
        _attributes[attribute] = (Append(text), text.Length, 0);
        AttributeCount++;
    }

    internal void SetAttribute(int attribute, double number)
    {
        _attributes[attribute] = (0, IsNumber, number);
        AttributeCount++;
    }

    private int Append(ReadOnlySpan<byte> text)
    {
        if (_bytes.Length - _used < text.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + text.Length));
        }

        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        return _used - text.Length;
    }
}
