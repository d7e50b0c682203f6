using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace StreamScoring.Files;

internal sealed class CsvTableWriter : TableWriter
{
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;
    private bool _isFirst = true;

    public CsvTableWriter(string path, string temporaryPath, IReadOnlyList<(string Name, bool IsText)> columns)
        : base(path, temporaryPath)
    {
        _stream = File.Create(temporaryPath);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            _stream = new GZipStream(_stream, CompressionLevel.Fastest);
        }

        foreach (var (name, _) in columns)
        {
            Text(Encoding.UTF8.GetBytes(name));
        }

        EndRow();
    }

    public override void Number(double value)
    {
        Separate();
        if (!double.IsNaN(value))
        {
            Require(32);
            _used += Format(value, _buffer.AsSpan(_used));
        }
    }

    public override void Text(ReadOnlySpan<byte> value)
    {
        Separate();
        // RFC 4180: a cell with a comma, a quote or a line end is quoted, and quotes in it are
        // doubled.
        if (value.IndexOfAny(",\"\r\n"u8) >= 0)
        {
            value = Encoding.UTF8.GetBytes($"\"{Encoding.UTF8.GetString(value).Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        Require(value.Length);
        value.CopyTo(_buffer.AsSpan(_used));
        _used += value.Length;
    }

    public override void EndRow()
    {
        Require(1);
        _buffer[_used++] = (byte)'\n';
        _isFirst = true;
    }

    private protected override void Finish()
    {
        Flush();
        _stream.Dispose();
    }

    private protected override void Abandon() => _stream.Dispose();

    /// <summary>Counts and flags are most of what is written, and a whole number takes a fifth of
    /// the time. From here on a number has an exponent, and a zero may have a sign.</summary>
    private static int Format(double value, Span<byte> to)
    {
        const double WholeMax = 1e15;
        int written;
        if (Math.Abs(value) < WholeMax && (long)value is not 0 and var whole && whole == value)
        {
            whole.TryFormat(to, out written, default, CultureInfo.InvariantCulture);
        }
        else if (BitConverter.DoubleToInt64Bits(value) == 0)
        {
            (to[0], written) = ((byte)'0', 1);
        }
        else
        {
            value.TryFormat(to, out written, default, CultureInfo.InvariantCulture);
        }

        return written;
    }

    private void Separate()
    {
        if (!_isFirst)
        {
            Require(1);
            _buffer[_used++] = (byte)',';
        }

        _isFirst = false;
    }

    private void Require(int length)
    {
        Invariant.Require(length <= _buffer.Length);
        if (_buffer.Length - _used < length)
        {
            Flush();
        }
    }

    private void Flush()
    {
        _stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}
