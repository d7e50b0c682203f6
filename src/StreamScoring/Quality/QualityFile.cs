using System.IO.Hashing;
using System.Text;
using StreamScoring.Logs;

namespace StreamScoring.Quality;

/// <summary>
/// What a process holds of quality as a file: magic with the version, scope, since when it counts,
/// marks of logs, the join, and the XXH3 (64 bits) of all that.
/// </summary>
internal static class QualityFile
{
    private const string Magic = "scoring quality 1";

    private const int HashBytes = sizeof(ulong);

    /// <param name="scope">Region, group and secret of ids: what is held is of no use to any
    /// other.</param>
    public static void Write(Stream stream, string scope, DateTimeOffset since, IReadOnlyCollection<LogMark> marks, QualityJoin join)
    {
        var hashed = new HashedStream(stream);
        using (var writer = new BinaryWriter(hashed, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(scope);
            writer.Write(since.ToUnixTimeMilliseconds());
            writer.Write(marks.Count);
            foreach (var mark in marks)
            {
                writer.Write(mark.Log.ToString());
                writer.Write(mark.TopicId ?? "");
                writer.Write(mark.Next);
            }

            join.Write(writer);
        }

        stream.Write(BitConverter.GetBytes(hashed.Hash));
    }

    /// <returns>Null where it is of another scope.</returns>
    /// <exception cref="IOException">It is damaged, or of another release.</exception>
    public static (DateTimeOffset Since, IReadOnlyList<LogMark> Marks, QualityJoin Join)? Read(Stream stream, string scope, QualityOptions options)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        var bytes = copy.GetBuffer().AsSpan(0, (int)copy.Length);
        if (bytes.Length < HashBytes || XxHash3.HashToUInt64(bytes[..^HashBytes]) != BitConverter.ToUInt64(bytes[^HashBytes..]))
        {
            throw new IOException("the file is damaged");
        }

        copy.Position = 0;
        using var reader = new BinaryReader(copy, Encoding.UTF8);
        if (reader.ReadString() != Magic)
        {
            throw new IOException("the file is of another release");
        }

        if (reader.ReadString() != scope)
        {
            return null;
        }

        var (since, marks) = (DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()), new List<LogMark>());
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            // Its checksum fits, so it is as it was written.
            Invariant.Require(LogId.TryParse(reader.ReadString(), out var log));
            var topicId = reader.ReadString();
            marks.Add(new LogMark(log, topicId.Length == 0 ? null : topicId) { Next = reader.ReadInt64(), IsRestored = true });
        }

        var join = new QualityJoin(options);
        join.Read(reader);
        return (since, marks, join);
    }

    /// <summary>Hashes what is written.</summary>
    private sealed class HashedStream(Stream stream) : Stream
    {
        private readonly XxHash3 _hash = new();

        public ulong Hash => _hash.GetCurrentHashAsUInt64();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.Append(buffer);
            stream.Write(buffer);
        }

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
