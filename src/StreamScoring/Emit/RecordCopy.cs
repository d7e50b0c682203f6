using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using StreamScoring.Contracts;

namespace StreamScoring.Emit;

/// <summary>
/// The copy of a refused record: a JSON object of the contract's fields that could be parsed, each
/// value looked at by itself. What was not parsed is not copied, whatever it is; how much that is,
/// is counted. Used by one thread at a time.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The writer writes into memory: it holds nothing that has to be given back.")]
internal sealed class RecordCopy
{
    /// <summary>
    /// Longest copy, and longest value in it, bytes. A value is copied whole or not at all: a part
    /// no longer looks like what it is.
    /// </summary>
    public const int BytesMax = 16 * 1024, ValueBytesMax = 512;

    private const int NumberLengthMax = 40;

    /// <summary>
    /// Escapes only what JSON asks for: the copy stays readable, and it is never put into a web
    /// page unescaped.
    /// </summary>
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;
    private readonly SplitCardNumber _split = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private NeighbouringGroups _groups;
    private bool _isSplit;

    public RecordCopy() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>Whether a value was masked or left out.</summary>
    public bool IsRedacted { get; private set; }

    /// <summary>Whether the copy reached its limit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The copy as JSON; empty where nothing of the record could be parsed.</summary>
    public ReadOnlySpan<byte> Written => _names.Count == 0 || _isSplit ? [] : _buffer.WrittenSpan;

    public void Start()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        _names.Clear();
        _split.Clear();
        _groups.Clear();
        (IsRedacted, IsFull, _isSplit) = (false, false, false);
        _writer.WriteStartObject();
    }

    public void End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        IsRedacted |= _isSplit;
    }

    /// <summary>Begins a field of the contract.</summary>
    /// <returns>False where the copy has it already, or is full.</returns>
    public bool TryStartField(string name)
    {
        IsFull |= _writer.BytesCommitted + _writer.BytesPending > BytesMax;
        if (IsFull || !_names.Add(name))
        {
            return false;
        }

        _writer.WritePropertyName(name);
        return true;
    }

    public void StartAttributes() => _writer.WriteStartObject();

    public void EndAttributes() => _writer.WriteEndObject();

    /// <summary>
    /// Begins an attribute. Its name is the publisher's, so it is looked at as a value is.
    /// </summary>
    /// <returns>False where its name is not copied, or the copy is full.</returns>
    public bool TryStartAttribute(ReadOnlySpan<byte> name)
    {
        IsFull |= _writer.BytesCommitted + _writer.BytesPending > BytesMax;
        if (IsFull || name.Length > ValueBytesMax || !Utf8.IsValid(name) || CardNumber.MayBeIn(name))
        {
            IsRedacted |= !IsFull;
            return false;
        }

        _writer.WritePropertyName(name);
        return true;
    }

    public void WriteText(ReadOnlySpan<byte> text)
    {
        _isSplit |= _split.Add(text) | _groups.Add(text);
        if (text.Length > ValueBytesMax || !Utf8.IsValid(text))
        {
            IsRedacted = true;
            _writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"({text.Length} bytes withheld)"));
            return;
        }

        if (!CardNumber.MayBeIn(text))
        {
            _writer.WriteStringValue(text);
            return;
        }

        IsRedacted = true;
        _writer.WriteStringValue(CardNumber.Mask(Encoding.UTF8.GetString(text)));
    }

    /// <param name="digits">A JSON number as it is written.</param>
    /// <param name="isCardNumber">Whether more is known than the digits show: they may be those of
    /// a rounded number.</param>
    public void WriteNumber(ReadOnlySpan<byte> digits, bool isCardNumber = false)
    {
        _isSplit |= _split.Add(digits) | _groups.Add(digits);
        var fraction = digits.IndexOf((byte)'.');
        if (isCardNumber || digits.Length > NumberLengthMax || CardNumber.IsInNumber(digits)
            || CardNumber.MayBeIn(fraction < 0 ? digits : digits[..fraction]))
        {
            IsRedacted = true;
            _writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"({digits.Length} digits withheld)"));
            return;
        }

        _writer.WriteRawValue(digits);
    }

    public void WriteBoolean(bool value) => _writer.WriteBooleanValue(value);

    public void WriteNull() => _writer.WriteNullValue();
}
