using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using StreamScoring.Configuration;

namespace StreamScoring.Files;

internal sealed class CsvTableReader : TableReader
{
    /// <summary>A quote without an end would otherwise take in the rest of the file.</summary>
    private const int CellLengthMax = 1 << 20;

    /// <summary>
    /// Cells of a row with a quote where none belongs. They are taken as they stand, but for each
    /// the library copies the whole row.
    /// </summary>
    private const int StrayQuotesMax = 100;

    /// <summary>
    /// What bytes that are no UTF-8 are read as: a character that is set aside for such uses and
    /// stands in no text. The usual replacement character
    /// may, and would make one id of two.
    /// </summary>
    internal const char NoCharacter = '\uFFFF';

    private readonly CsvParser _parser;
    private readonly char _noCharacter;

    public CsvTableReader(string path, TableForm form)
        : this(path, Start(path, form))
    {
    }

    private CsvTableReader(string path, (CsvParser Parser, StreamReader Text) start)
        : base(path, start.Parser.Record!)
    {
        _parser = start.Parser;
        // A byte order mark may have made it UTF-16 or UTF-32, whose decoders have the usual
        // replacement.
        _noCharacter = start.Text.CurrentEncoding is UTF8Encoding ? NoCharacter : '\uFFFD';
    }

    public override int Row => _parser.RawRow;

    public override string PlaceOf(int row) => $"{FilePath}:{row}";

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

    public override bool HoldsNumbers(int column) => false;

    public override string? Text(int column) =>
        _parser[column] is not { Length: > 0 } text ? null
        : text.Contains(_noCharacter) ? throw NotUtf8(Row, column)
        : text;

    public override double Number(int column) =>
        Text(column) is not { } text ? double.NaN
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw NoNumber(column, text);

    public override void Dispose() => _parser.Dispose();

    private static (CsvParser Parser, StreamReader Text) Start(string path, TableForm form)
    {
        Stream stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            stream = new WholeGzipStream(stream);
        }

        var utf8 = (UTF8Encoding)Encoding.UTF8.Clone();
        utf8.DecoderFallback = new DecoderReplacementFallback(NoCharacter.ToString());
        var text = new StreamReader(stream, utf8, detectEncodingFromByteOrderMarks: true, 1 << 16);
        var parser = new CsvParser(text, Configuration(path, form));
        return parser.Read() ? (parser, text) : throw new InvalidInputFileException($"{path}: the file is empty; expected a header line");
    }

    private static CsvConfiguration Configuration(string path, TableForm form)
    {
        var (row, strayQuotes) = (0, 0);
        return new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            DetectDelimiter = false,
            Delimiter = form.Delimiter.ToString(),
            Quote = form.Quote,
            Escape = form.Quote,
            BufferSize = 1 << 16,
            MaxFieldSize = CellLengthMax,
            BadDataFound = bad =>
            {
                (row, strayQuotes) = bad.Context.Parser!.RawRow == row ? (row, strayQuotes + 1) : (bad.Context.Parser.RawRow, 1);
                if (strayQuotes > StrayQuotesMax)
                {
                    throw new InvalidInputFileException($"{path}:{row}: more than {StrayQuotesMax} cells hold a quote where none belongs; write it twice, within a cell in quotes");
                }
            },
        };
    }
}
