using System.Runtime.InteropServices;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// A batch's records as librdkafka takes them: what <see cref="OutgoingRecords"/> makes, without an
/// object.
/// </summary>
internal sealed unsafe class OutgoingFields
{
    /// <summary>Room for the fields of a record.</summary>
    public const int FieldsMax = FirstHeader + 6;

    private const int Topic = 0, Partition = 1, Value = 2, Key = 3, Flags = 4, Opaque = 5, FirstHeader = 6;

    private readonly nint _decisions;
    private readonly nint _deadLetters;

    /// <summary>Index of the header that has the record's offset.</summary>
    private readonly int _source;

    /// <summary>
    /// Names of the headers, of which the vector is the last; memory that stays where it is.
    /// </summary>
    private readonly byte[][] _names;

    /// <summary>
    /// By log index: headers whose values do not change, which the older form has, and where.
    /// </summary>
    private readonly (int Field, byte[] Value)[][] _constants;

    /// <summary>
    /// By log index: what stands in the source's header before the offset, and behind it.
    /// </summary>
    private readonly (byte[] Before, byte[] Behind)[] _sources;

    /// <param name="decisions">The topics, of the producer
    /// (<see cref="RecordProducer.Topic"/>).</param>
    /// <param name="namesInline">Headers as older releases wrote them.</param>
    public OutgoingFields(LogTable logs, nint decisions, nint deadLetters, bool namesInline)
    {
        (_decisions, _deadLetters, _source) = (decisions, deadLetters, FirstHeader + (namesInline ? 3 : 0));
        string[] names = namesInline
            ? [RecordHeaders.Region, RecordHeaders.Topic, RecordHeaders.Partition, RecordHeaders.Offset, RecordHeaders.TopicId, RecordHeaders.Vector]
            : [RecordHeaders.Source, RecordHeaders.Vector];
        _names = [.. names.Select(name => Pinned(name + '\0'))];
        _constants = [.. Enumerable.Range(0, logs.Count).Select(logIndex => !namesInline ? [] : new[]
        {
            (FirstHeader, Pinned(logs[logIndex].Region)),
            (FirstHeader + 1, Pinned(logs[logIndex].Topic)),
            (FirstHeader + 2, Pinned(FormattableString.Invariant($"{logs[logIndex].Partition}"))),
            (FirstHeader + 4, Pinned(logs.TopicIdOf(logIndex) ?? "")),
        })];
        _sources = [.. Enumerable.Range(0, logs.Count).Select(logIndex => namesInline ? ([], []) : OutgoingRecords.SourceOf(logs, logIndex))];
        SourceBytesMax = SourceHeader.OffsetBytesMax + _sources.Max(source => source.Before.Length + source.Behind.Length);
    }

    /// <summary>Room for the header that has the record's offset.</summary>
    public int SourceBytesMax { get; }

    private int Vector => FirstHeader + _names.Length - 1;

    /// <summary>Sets what is the same for all records.</summary>
    /// <param name="source">Where the header that has each record's offset will be written.</param>
    public void Begin(Librdkafka.Field* fields, byte* source)
    {
        fields[Topic].Kind = Librdkafka.FieldKind.Topic;
        fields[Partition].Kind = Librdkafka.FieldKind.Partition;
        fields[Value].Kind = Librdkafka.FieldKind.Value;
        fields[Key].Kind = Librdkafka.FieldKind.Key;
        (fields[Flags].Kind, fields[Flags].Number) = (Librdkafka.FieldKind.Flags, Librdkafka.CopyFlag);
        fields[Opaque].Kind = Librdkafka.FieldKind.Opaque;
        for (var header = 0; header < _names.Length; header++)
        {
            (fields[FirstHeader + header].Kind, fields[FirstHeader + header].Pointer) = (Librdkafka.FieldKind.Header, AddressOf(_names[header]));
        }

        fields[_source].HeaderValue = (nint)source;
    }

    /// <summary>Sets what is a record's own.</summary>
    /// <param name="bytes">The batch's bytes, and <paramref name="encoded"/> what it
    /// encoded.</param>
    /// <param name="partition">Where it goes.</param>
    /// <param name="opaque">What its delivery is told by.</param>
    /// <returns>How many fields it has.</returns>
    public int Set(Librdkafka.Field* fields, PaymentBatch batch, in EncodedRecord record, byte* bytes, byte* encoded, int partition, nint opaque)
    {
        var logIndex = batch.LogIndex[record.RowIndex];
        fields[Topic].Pointer = record.IsDeadLetter ? _deadLetters : _decisions;
        fields[Partition].Number = partition;
        (fields[Value].Pointer, fields[Value].Size) = ((nint)(encoded + record.ValueStart), (nuint)record.ValueLength);
        (fields[Key].Pointer, fields[Key].Size) = record.KeyLength == 0 ? (0, 0) : ((nint)(bytes + record.KeyStart), (nuint)record.KeyLength);
        fields[Opaque].Pointer = opaque;
        var (before, behind) = _sources[logIndex];
        fields[_source].HeaderSize = SourceHeader.Write(new Span<byte>((void*)fields[_source].HeaderValue, SourceBytesMax), before, batch.Offset[record.RowIndex], behind);
        foreach (var (field, value) in _constants[logIndex])
        {
            (fields[field].HeaderValue, fields[field].HeaderSize) = (AddressOf(value), value.Length);
        }

        if (!record.CarriesVector)
        {
            return Vector;
        }

        (fields[Vector].HeaderValue, fields[Vector].HeaderSize) = ((nint)(encoded + batch.Encoded.VectorStart), batch.Encoded.Vector.Length);
        return Vector + 1;
    }

    private static nint AddressOf(byte[] pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private static byte[] Pinned(string text)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
        Encoding.UTF8.GetBytes(text, pinned);
        return pinned;
    }
}
