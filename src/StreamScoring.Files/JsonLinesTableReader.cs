using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>
/// JSON lines: one object a line. Its columns are the names that any object has, those of an object
/// within it joined by a point; so the file is read twice.
/// </summary>
internal sealed class JsonLinesTableReader : TableReader
{
    private const int ColumnsMax = 10_000, LineLengthMax = 1 << 20;

    private static readonly string[] Endings = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"];

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly StreamReader _lines;
    private readonly Dictionary<string, int> _byName;
    private readonly bool[] _holdsNumbers;
    private readonly (string Text, SourceKind Kind)[] _row;
    private int _line;

    public JsonLinesTableReader(string path)
        : this(path, Survey(path))
    {
    }

    private JsonLinesTableReader(string path, List<(string Name, bool HoldsNumbers)> columns)
        : base(path, [.. columns.Select(column => column.Name)])
    {
        _byName = columns.Select((column, index) => (column.Name, index)).ToDictionary(column => column.Name, column => column.index, StringComparer.Ordinal);
        _holdsNumbers = [.. columns.Select(column => column.HoldsNumbers)];
        _row = new (string, SourceKind)[columns.Count];
        _lines = Lines(path);
    }

    public override int Row => _line;

    public static bool IsNamed(string path) =>
        Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    public override string PlaceOf(int row) => $"{FilePath}:{row}";

    public override bool HoldsNumbers(int column) => _holdsNumbers[column];

    public override bool Read()
    {
        Array.Clear(_row);
        return Next(FilePath, _lines, ref _line, (name, value) =>
        {
            // What came since the file was looked through is no column.
            if (_byName.TryGetValue(name, out var column))
            {
                _row[column] = value;
            }
        });
    }

    public override string? Text(int column) => _row[column].Kind == SourceKind.Missing ? null : _row[column].Text;

    public override double Number(int column) =>
        Text(column) is not { } text ? double.NaN
        : _row[column].Kind == SourceKind.Flag ? text == "true" ? 1 : 0
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw NoNumber(column, text);

    public override void Dispose() => _lines.Dispose();

    internal override void CopyTo(int column, SourceValues values, int source)
    {
        if (_row[column] is { Kind: not SourceKind.Missing } cell)
        {
            values.Set(source, cell.Text, cell.Kind);
        }
    }

    private static List<(string, bool)> Survey(string path)
    {
        using var lines = Lines(path);
        var (columns, order, line) = (new Dictionary<string, bool>(StringComparer.Ordinal), new List<string>(), 0);
        while (Next(path, lines, ref line, (name, value) =>
        {
            var isNumber = value.Kind is SourceKind.Number or SourceKind.Flag;
            if (columns.TryAdd(name, isNumber))
            {
                order.Add(name);
            }
            else
            {
                columns[name] &= isNumber;
            }
        }))
        {
            if (order.Count > ColumnsMax)
            {
                throw new InvalidInputFileException($"{path}:{line}: the objects have more than {ColumnsMax:N0} names in all; a name that holds an id is none");
            }
        }

        return order.Count > 0 ? [.. order.Select(name => (name, columns[name]))] : throw new InvalidInputFileException($"{path}: the file holds no object; expected one a line");
    }

    private static StreamReader Lines(string path)
    {
        Stream stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return new StreamReader(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new WholeGzipStream(stream) : stream, Strict, detectEncodingFromByteOrderMarks: true, 1 << 16);
    }

    private static bool Next(string path, StreamReader lines, ref int line, Action<string, (string Text, SourceKind Kind)> take)
    {
        try
        {
            while (lines.ReadLine() is { } text)
            {
                line++;
                if (string.IsNullOrWhiteSpace(text))
                {
                    continue;
                }

                using var document = text.Length <= LineLengthMax ? JsonDocument.Parse(text) : throw new InvalidInputFileException($"{path}:{line}: longer than {LineLengthMax:N0} characters");
                Take(document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement : throw new InvalidInputFileException($"{path}:{line}: expected one JSON object a line"), "", take);
                return true;
            }

            return false;
        }
        catch (JsonException e)
        {
            throw new InvalidInputFileException($"{path}:{line}: no JSON object: {e.Message}", e);
        }
        catch (Exception e) when (e is DecoderFallbackException or InvalidOperationException)
        {
            throw new InvalidInputFileException($"{path}:{line}: holds bytes that are no UTF-8; save it in UTF-8", e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new InvalidInputFileException($"{path}:{line}: {e.Message}", e);
        }
    }

    private static void Take(JsonElement of, string prefix, Action<string, (string Text, SourceKind Kind)> take)
    {
        foreach (var (property, name) in of.EnumerateObject().Select(property => (property.Value, prefix + property.Name)))
        {
            switch (property.ValueKind)
            {
                case JsonValueKind.Object:
                    Take(property, name + ".", take);
                    break;
                case JsonValueKind.String when property.GetString() is { Length: > 0 } text:
                    take(name, (text, SourceKind.Text));
                    break;
                case JsonValueKind.Number:
                    take(name, (property.GetRawText(), SourceKind.Number));
                    break;
                case JsonValueKind.True or JsonValueKind.False:
                    take(name, (property.ValueKind == JsonValueKind.True ? "true" : "false", SourceKind.Flag));
                    break;
                case JsonValueKind.Array:
                    take(name, (property.GetRawText(), SourceKind.Text));
                    break;
            }
        }
    }
}
