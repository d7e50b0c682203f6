using System.Runtime.InteropServices;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>A batch's records as librdkafka takes them: what <see cref="OutgoingRecords"/> makes, without an object.</summary>
internal sealed unsafe class OutgoingFields
{
    /// <summary>Room for the fields of a record and for its offset as text.</summary>
    public const int FieldsMax = FirstHeader + 6, OffsetBytesMax = 20;

    private const int Topic = 0, Partition = 1, Value = 2, Key = 3, Flags = 4, Opaque = 5, FirstHeader = 6, Offset = FirstHeader + 3, TopicId = FirstHeader + 4, Vector = FirstHeader + 5;

    private readonly nint _decisions;
    private readonly nint _deadLetters;

    /// <summary>Names of the headers and, by log index, the values that do not change: memory that stays where it is.</summary>
    private readonly byte[][] _names;
    private readonly (byte[] Region, byte[] Topic, byte[] Partition, byte[] TopicId)[] _values;

    /// <param name="decisions">The topics, of the producer (<see cref="RecordProducer.Topic"/>).</param>
    public OutgoingFields(LogTable logs, nint decisions, nint deadLetters)
    {
        (_decisions, _deadLetters) = (decisions, deadLetters);
        _names = [.. new[] { RecordHeaders.Region, RecordHeaders.Topic, RecordHeaders.Partition, RecordHeaders.Offset, RecordHeaders.TopicId, RecordHeaders.Vector }.Select(name => Pinned(name + '\0'))];
        _values = [.. Enumerable.Range(0, logs.Count).Select(logIndex => (
            Pinned(logs[logIndex].Region), Pinned(logs[logIndex].Topic), Pinned(FormattableString.Invariant($"{logs[logIndex].Partition}")),
            Pinned(logs.TopicIdOf(logIndex) ?? "")))];
    }

    /// <summary>Sets what is the same for all records.</summary>
    /// <param name="offset">Where each record's offset will be written.</param>
    public void Begin(Librdkafka.Field* fields, byte* offset)
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

        fields[Offset].HeaderValue = (nint)offset;
    }

    /// <summary>Sets what is a record's own.</summary>
    /// <param name="bytes">The batch's bytes, and <paramref name="encoded"/> what it encoded.</param>
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
        SetHeader(ref fields[FirstHeader], _values[logIndex].Region);
        SetHeader(ref fields[FirstHeader + 1], _values[logIndex].Topic);
        SetHeader(ref fields[FirstHeader + 2], _values[logIndex].Partition);
        SetHeader(ref fields[TopicId], _values[logIndex].TopicId);
        Invariant.Require(batch.Offset[record.RowIndex].TryFormat(new Span<byte>((void*)fields[Offset].HeaderValue, OffsetBytesMax), out var length));
        fields[Offset].HeaderSize = length;
        if (!record.CarriesVector)
        {
            return FieldsMax - 1;
        }

        (fields[Vector].HeaderValue, fields[Vector].HeaderSize) = ((nint)(encoded + batch.Encoded.VectorStart), batch.Encoded.Vector.Length);
        return FieldsMax;
    }

    private static void SetHeader(ref Librdkafka.Field field, byte[] value) => (field.HeaderValue, field.HeaderSize) = (AddressOf(value), value.Length);

    private static nint AddressOf(byte[] pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private static byte[] Pinned(string text)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
        Encoding.UTF8.GetBytes(text, pinned);
        return pinned;
    }
}
