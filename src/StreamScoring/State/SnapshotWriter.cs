using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamScoring.Features;

namespace StreamScoring.State;

/// <summary>
/// Writes one snapshot to a stream. What it wrote is a snapshot only once <see cref="Complete"/>
/// returned.
/// </summary>
internal sealed class SnapshotWriter
{
    private readonly Stream _stream;
    private readonly Func<SweepChunk, UInt128> _digestOf;
    private UInt128 _digest;

    /// <param name="digestOf">From <see cref="FeatureEngine.NewDigest"/>.</param>
    public SnapshotWriter(Stream stream, StateHead head, SnapshotLabel label, Func<SweepChunk, UInt128> digestOf)
    {
        (_stream, _digestOf) = (stream, digestOf);
        stream.Write(SnapshotFormat.Magic);
        var info = new SnapshotInfo(
            label.CreatedAt, head.FeatureFile, head.Identity, label.FeatureText, label.Topics, label.Config, head.WatermarkMs,
            head.Logs.ToDictionary(log => log.ToString(), log => head.Vector[log]),
            head.KeyCounts);
        WriteBlock(SnapshotFormat.Head, info.ToJson());
        WriteClocks(head);
        WritePayments(head);
        WritePairs(SnapshotFormat.Duplicates, head, head.Duplicates);
        WritePairs(SnapshotFormat.Conflicts, head, head.Conflicts);
        if (head.Control.Parts.Count > 0 || head.Lists.Count > 0)
        {
            WriteBlock(SnapshotFormat.Policy, PolicyBlocks.HeadOf(head.Control, head.Applied, head.Lists));
            foreach (var entries in PolicyBlocks.EntriesOf(head.Lists))
            {
                WriteBlock(SnapshotFormat.ListEntries, entries);
            }
        }
    }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; } = SnapshotFormat.Magic.Length;

    public void Write(SweepChunk chunk)
    {
        _digest += _digestOf(chunk);
        WriteBlock(chunk.Entity, chunk.Images.Span);
    }

    /// <returns>The state's digest.</returns>
    public UInt128 Complete()
    {
        Span<byte> digest = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(digest, _digest);
        WriteBlock(SnapshotFormat.End, digest);
        _stream.Flush();
        return _digest;
    }

    /// <summary>
    /// Each log: its number in the head's vector, and of event time and of blocks how many numbers
    /// follow and these (int64 each).
    /// </summary>
    private void WriteClocks(StateHead head)
    {
        var numbers = head.Logs.Index().ToDictionary(log => log.Item, log => (long)log.Index);
        foreach (var (log, clocks) in head.Clocks)
        {
            WriteBlock(SnapshotFormat.Clocks, MemoryMarshal.AsBytes<long>(
                [numbers[log], clocks.EventTime.Length, .. clocks.EventTime, clocks.Blocks.Length, .. clocks.Blocks]));
        }
    }

    /// <summary>
    /// Each payment: the number of its log in the head's vector, offset, timestamp, block (int64
    /// each), the two words of its hash, and that of its content.
    /// </summary>
    private void WritePayments(StateHead head)
    {
        const int longs = FoldedPayment.Longs, perBlock = 65_536;
        foreach (var chunk in head.Payments.Chunk(perBlock))
        {
            var block = new long[chunk.Length * longs];
            for (var i = 0; i < chunk.Length; i++)
            {
                var (log, offset, timestampMs, ofLog, hash, content) = chunk[i];
                (block[i * longs], block[(i * longs) + 1], block[(i * longs) + 2]) = (log, offset, timestampMs);
                (block[(i * longs) + 3], block[(i * longs) + 4], block[(i * longs) + 5]) = (ofLog, (long)(ulong)hash, (long)(ulong)(hash >> 64));
                block[(i * longs) + 6] = (long)content;
            }

            WriteBlock(SnapshotFormat.Payments, MemoryMarshal.AsBytes(block.AsSpan()));
        }
    }

    /// <summary>
    /// Each record: the number of its log and its offset, and the same of the other one (int64
    /// each).
    /// </summary>
    private void WritePairs(int kind, StateHead head, IReadOnlyList<RecordPair> pairs)
    {
        var numbers = head.Logs.Index().ToDictionary(log => log.Item, log => (long)log.Index);
        WriteBlock(kind, MemoryMarshal.AsBytes<long>(
            [.. pairs.SelectMany(pair => new[] { numbers[pair.Log], pair.Offset, numbers[pair.OtherLog], pair.OtherOffset })]));
    }

    private void WriteBlock(int kind, ReadOnlySpan<byte> content)
    {
        Invariant.Require(content.Length <= SnapshotFormat.BlockBytesMax);
        Span<byte> frame = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(frame, kind);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], content.Length);
        var hash = new XxHash3();
        hash.Append(frame);
        hash.Append(content);
        _stream.Write(frame);
        _stream.Write(content);
        Span<byte> checksum = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, hash.GetCurrentHashAsUInt64());
        _stream.Write(checksum);
        Length += frame.Length + content.Length + checksum.Length;
    }
}
