using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using StreamScoring.Control;
using StreamScoring.Features;
using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>Reads one snapshot from a stream and refuses what is not whole.</summary>
public sealed class SnapshotReader
{
    private readonly Stream _stream;
    private readonly string _name;
    private byte[] _buffer = new byte[1 << 16];
    private int _kind;
    private int _length;

    /// <param name="name">For messages.</param>
    /// <exception cref="SnapshotRefusedException">It is no snapshot of this format, or its head is
    /// damaged.</exception>
    public SnapshotReader(Stream stream, string name)
    {
        (_stream, _name) = (stream, name);
        var magic = Read(SnapshotFormat.Magic.Length);
        if (!magic.SequenceEqual(SnapshotFormat.Magic))
        {
            throw new SnapshotRefusedException(name, magic.StartsWith(SnapshotFormat.Magic[..^1])
                ? $"it has format version {magic[^1]}, this release reads {SnapshotFormat.Version}"
                : "it is no snapshot");
        }

        if (NextBlock(out var kind) is var head && kind != SnapshotFormat.Head)
        {
            throw Damaged("it does not begin with its head");
        }

        try
        {
            Info = SnapshotInfo.FromJson(head);
        }
        catch (JsonException e)
        {
            throw new SnapshotRefusedException(name, "its head cannot be read", e);
        }
    }

    public SnapshotInfo Info { get; }

    /// <summary>Reads everything, in order.</summary>
    /// <param name="take">Given each chunk; valid until it returns.</param>
    /// <returns>The whole head, and the digest as it was written.</returns>
    /// <exception cref="SnapshotRefusedException">The file is torn or damaged.</exception>
    public (StateHead Head, UInt128 Digest) ReadAll(Action<SweepChunk> take)
    {
        var head = ReadHead();
        return (head, ReadChunks(take));
    }

    /// <summary>
    /// Reads what stands before the keys. The rest of the file may still turn out to be damaged.
    /// </summary>
    /// <exception cref="SnapshotRefusedException">The file is torn or damaged.</exception>
    public StateHead ReadHead()
    {
        var logs = Info.Vector.Keys.Select(ParseLog).ToList();
        var clocks = new Dictionary<LogId, LogClocks>();
        var payments = new List<FoldedPayment[]>();
        var (duplicates, conflicts) = (new List<RecordPair>(), new List<RecordPair>());
        var policy = (Control: ControlState.Empty, Applied: ControlState.Empty, Lists: new List<PolicyBlocks.RestoredList>());
        // The first block that is no part of the head stays for the chunks.
        for (_length = NextBlock(out _kind).Length; _kind < 0 && _kind != SnapshotFormat.End; _length = NextBlock(out _kind).Length)
        {
            if (_kind is SnapshotFormat.Policy or SnapshotFormat.ListEntries)
            {
                ReadPolicy(ref policy);
                continue;
            }

            if (_kind is not (SnapshotFormat.Clocks or SnapshotFormat.Payments or SnapshotFormat.Duplicates or SnapshotFormat.Conflicts))
            {
                throw Damaged("its head has a block that this release does not know");
            }

            var longs = MemoryMarshal.Cast<byte, long>(_buffer.AsSpan(0, _length));
            if (_kind == SnapshotFormat.Clocks)
            {
                ReadClocks(longs, logs, clocks);
            }
            else if (_kind == SnapshotFormat.Payments)
            {
                payments.Add(ReadPayments(longs, logs.Count));
            }
            else
            {
                ReadPairs(longs, logs, _kind == SnapshotFormat.Duplicates ? duplicates : conflicts);
            }
        }

        if (policy.Lists.Find(list => !list.IsWhole) is { } torn)
        {
            throw Damaged($"list {torn.Name} lacks entries");
        }

        return new StateHead(
            Info.FeatureFile, Info.Identity, logs, logs.Zip(Info.Vector.Values).ToDictionary(log => log.First, log => log.Second),
            clocks, Info.WatermarkMs, Info.KeyCounts ?? [],
            payments.Sum(block => block.Length), payments.SelectMany(block => block), duplicates, conflicts)
        {
            Control = policy.Control,
            Applied = policy.Applied,
            Lists = [.. policy.Lists.Select(list => list.ToImage())],
        };
    }

    /// <summary>Hands the keys over that stand behind <see cref="ReadHead"/>.</summary>
    /// <param name="take">Given each chunk; valid until it returns.</param>
    /// <returns>The digest as it was written.</returns>
    /// <exception cref="SnapshotRefusedException">The file is torn or damaged.</exception>
    public UInt128 ReadChunks(Action<SweepChunk> take)
    {
        for (; _kind != SnapshotFormat.End; _length = NextBlock(out _kind).Length)
        {
            if (_kind < 0)
            {
                throw Damaged("its head goes on behind the first keys");
            }

            try
            {
                take(new SweepChunk(_kind, _buffer.AsMemory(0, _length)));
            }
            catch (InvalidDataException e)
            {
                throw new SnapshotRefusedException(_name, e.Message, e);
            }
        }

        return _length == 16 && _stream.ReadByte() < 0
            ? BinaryPrimitives.ReadUInt128LittleEndian(_buffer)
            : throw Damaged("something follows its end");
    }

    private void ReadClocks(ReadOnlySpan<long> longs, List<LogId> logs, Dictionary<LogId, LogClocks> clocks)
    {
        if (longs.Length < 3)
        {
            throw Damaged("a log's clock is cut short");
        }

        var log = LogAt(longs[0], logs);
        var eventTime = TakeCounted(longs[1..], out var rest);
        var blocks = TakeCounted(rest, out rest);
        clocks[log] = rest.IsEmpty ? new LogClocks(eventTime, blocks) : throw Damaged("a log's clock is too long");
    }

    private void ReadPolicy(ref (ControlState Control, ControlState Applied, List<PolicyBlocks.RestoredList> Lists) policy)
    {
        try
        {
            if (_kind == SnapshotFormat.Policy)
            {
                policy = PolicyBlocks.ReadHead(_buffer.AsSpan(0, _length));
            }
            else if (!PolicyBlocks.TryReadEntries(_buffer.AsSpan(0, _length), policy.Lists))
            {
                throw Damaged("entries are of no list that it names");
            }
        }
        catch (JsonException e)
        {
            throw new SnapshotRefusedException(_name, "what it says of the policy cannot be read", e);
        }
    }

    private long[] TakeCounted(ReadOnlySpan<long> longs, out ReadOnlySpan<long> rest)
    {
        if (longs.IsEmpty || longs[0] < 0 || longs[0] > longs.Length - 1)
        {
            throw Damaged("a log's clock is cut short");
        }

        rest = longs[(1 + (int)longs[0])..];
        return longs.Slice(1, (int)longs[0]).ToArray();
    }

    private FoldedPayment[] ReadPayments(ReadOnlySpan<long> longs, int logCount)
    {
        var payments = new FoldedPayment[longs.Length / FoldedPayment.Longs];
        foreach (ref var payment in payments.AsSpan())
        {
            payment = longs[0] >= 0 && longs[0] < logCount
                ? new FoldedPayment((int)longs[0], longs[1], longs[2], (int)longs[3], new UInt128((ulong)longs[5], (ulong)longs[4]), (ulong)longs[6])
                : throw Damaged("a record is of no log that it names");
            longs = longs[FoldedPayment.Longs..];
        }

        return payments;
    }

    private void ReadPairs(ReadOnlySpan<long> longs, List<LogId> logs, List<RecordPair> pairs)
    {
        for (; longs.Length >= 4; longs = longs[4..])
        {
            pairs.Add(new RecordPair(LogAt(longs[0], logs), longs[1], LogAt(longs[2], logs), longs[3]));
        }
    }

    private LogId LogAt(long index, List<LogId> logs) => index >= 0 && index < logs.Count ? logs[(int)index] : throw Damaged("a record is of no log that it names");

    private LogId ParseLog(string text) => LogId.TryParse(text, out var log) ? log : throw Damaged($"{text} is no log");

    private ReadOnlySpan<byte> NextBlock(out int kind)
    {
        Span<byte> frame = stackalloc byte[8];
        Read(8).CopyTo(frame);
        kind = BinaryPrimitives.ReadInt32LittleEndian(frame);
        var length = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
        if (length is < 0 or > SnapshotFormat.BlockBytesMax || (_stream.CanSeek && length > _stream.Length - _stream.Position))
        {
            throw Damaged("a block is longer than the file");
        }

        // Content and checksum in one read; the content stays at the start of the buffer.
        var read = Read(length + 8);
        var hash = new XxHash3();
        hash.Append(frame);
        hash.Append(read[..length]);
        return hash.GetCurrentHashAsUInt64() == BinaryPrimitives.ReadUInt64LittleEndian(read[length..])
            ? read[..length]
            : throw Damaged("a checksum does not fit");
    }

    private ReadOnlySpan<byte> Read(int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }

        return _stream.ReadAtLeast(_buffer.AsSpan(0, length), length, throwOnEndOfStream: false) == length
            ? _buffer.AsSpan(0, length)
            : throw Damaged("it is cut short");
    }

    private SnapshotRefusedException Damaged(string reason) => new(_name, reason);
}
