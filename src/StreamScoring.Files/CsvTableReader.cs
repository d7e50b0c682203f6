using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using StreamScoring.Configuration;

namespace StreamScoring.Files;

internal sealed class CsvTableReader : TableReader
{
    private static readonly CsvConfiguration Configuration = new(CultureInfo.InvariantCulture) { BadDataFound = null, DetectDelimiter = false, BufferSize = 1 << 16 };

    private readonly CsvParser _parser;

    public CsvTableReader(string path)
        : this(path, Start(path))
    {
    }

    private CsvTableReader(string path, CsvParser parser)
        : base(path, parser.Record!) => _parser = parser;

    public override string Place => $"{FilePath}:{_parser.RawRow}";

    public override bool Read()
    {
        bool hasRow;
        try
        {
            hasRow = _parser.Read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or CsvHelperException)
        {
            throw new InvalidInputFileException($"{Place}: {e.Message}", e);
        }

        return !hasRow || _parser.Count == Columns.Count ? hasRow
            : throw new InvalidInputFileException($"{Place}: the row has {_parser.Count} cells and the header has {Columns.Count}");
    }

    public override string? Text(int column) => _parser[column] is { Length: > 0 } text ? text : null;

    public override double Number(int column) =>
        Text(column) is not { } text ? double.NaN
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw NoNumber(column, text);

    public override void Dispose() => _parser.Dispose();

    private static CsvParser Start(string path)
    {
        Stream stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            stream = new GZipStream(stream, CompressionMode.Decompress);
        }

        var parser = new CsvParser(new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16), Configuration);
        return parser.Read() ? parser : throw new InvalidInputFileException($"{path}: the file is empty; expected a header line");
    }
}
