using System.IO.Compression;

namespace StreamScoring.Files;

/// <summary>
/// Reads a gzip file and notices when it ends too early, which the framework's stream takes for the
/// end of the data. A member of known content is put behind the file: only behind a whole one does
/// that come out again, unchanged, as the last bytes.
/// </summary>
internal sealed class WholeGzipStream : ForwardStream
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Text that no table ends with.</summary>
    private static readonly byte[] EndMark = "\0\u0001stream-scoring end of file\u0002\0"u8.ToArray();

    private readonly GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[BufferBytes + EndMark.Length];
    private int _start;
    private int _count;
    private bool _isAtEnd;

    public WholeGzipStream(Stream file) => _unpacked = new GZipStream(new FileThenMark(file), CompressionMode.Decompress);

    /// <exception cref="InvalidDataException">The file is damaged or ends too early.</exception>
    public override int Read(Span<byte> buffer)
    {
        // As many bytes as the mark has are held back: they may be it.
        while (!_isAtEnd && _count <= EndMark.Length)
        {
            _buffer.AsSpan(_start, _count).CopyTo(_buffer);
            _start = 0;
            var read = _unpacked.Read(_buffer, _count, _buffer.Length - _count);
            _count += read;
            if (read == 0)
            {
                _isAtEnd = true;
                if (!_buffer.AsSpan(0, _count).SequenceEqual(EndMark))
                {
                    throw new InvalidDataException("the file ends too early or has something behind its end; was it copied whole?");
                }
            }
        }

        var taken = _isAtEnd ? 0 : Math.Min(buffer.Length, _count - EndMark.Length);
        _buffer.AsSpan(_start, taken).CopyTo(buffer);
        (_start, _count) = (_start + taken, _count - taken);
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The packed file, then the packed mark.</summary>
    private sealed class FileThenMark(Stream file) : ForwardStream
    {
        private readonly MemoryStream _mark = Pack();

        public override int Read(Span<byte> buffer) => file.Read(buffer) is > 0 and var read ? read : _mark.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                file.Dispose();
                _mark.Dispose();
            }

            base.Dispose(disposing);
        }

        private static MemoryStream Pack()
        {
            var packed = new MemoryStream();
            using (var stream = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                stream.Write(EndMark);
            }

            packed.Position = 0;
            return packed;
        }
    }
}
