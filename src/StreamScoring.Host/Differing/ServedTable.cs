using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Exporting;

namespace StreamScoring.Host.Differing;

/// <summary>Decisions that <c>scoring export</c> wrote, in memory, with the features that a feature
/// file names.</summary>
internal sealed class ServedTable
{
    private readonly Dictionary<(string Id, long EventTimeMs), int> _rows = [];
    private readonly List<ServedRow> _served = [];

    /// <summary>By feature, [rows]: NaN for a missing one.</summary>
    private readonly List<double>[] _numbers;

    /// <summary>By feature that is a text, [rows].</summary>
    private readonly List<string?>?[] _texts;

    private readonly FeatureSchema _schema;

    /// <summary>By feature: whether a part of the export has it.</summary>
    private readonly bool[] _isThere;

    private ServedTable(FeatureSchema schema)
    {
        _schema = schema;
        _numbers = [.. schema.Names.Select(_ => new List<double>())];
        _texts = [.. schema.Names.Select((_, i) => schema.IsText(i) ? new List<string?>() : null)];
        _isThere = new bool[schema.Names.Count];
    }

    public int Count => _served.Count;

    /// <summary>Features of the file that nothing exported has.</summary>
    public IEnumerable<string> Missing => _schema.Names.Where((_, i) => !_isThere[i]);

    public long FirstMs => _served.Min(row => row.EventTimeMs);

    public long LastMs => _served.Max(row => row.EventTimeMs);

    public ServedRow this[int row] => _served[row];

    /// <param name="folder">That the verb wrote; or one table of it.</param>
    /// <param name="progress">Told how many were read.</param>
    /// <exception cref="InvalidInputFileException">It is no such folder, or a cell is wrong.
    /// </exception>
    public static ServedTable Read(string folder, FeatureFile features, Action<int> progress, CancellationToken cancel)
    {
        var table = new ServedTable(features.Schema);
        foreach (var path in ServedParts.Of(folder))
        {
            table.ReadPart(path, features.Hash, progress, cancel);
        }

        return table._served.Count > 0 ? table : throw new InvalidInputFileException($"{folder}: holds no decisions; scoring export writes them");
    }

    /// <returns>-1 where none is of that payment.</returns>
    public int Find(string id, long eventTimeMs) => _rows.GetValueOrDefault((id, eventTimeMs), -1);

    /// <summary>Whether a part has the feature for this row.</summary>
    public double Number(int row, int feature) => _numbers[feature][row];

    public string? Text(int row, int feature) => _texts[feature]![row];

    public bool Has(int feature) => _isThere[feature];

    private void ReadPart(string path, string hash, Action<int> progress, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        var (id, time, decided, flags) = (reader.Require("payment_id"), reader.Require("event_time"), reader.Require("decided_at"), reader.Require("flags"));
        var (file, source, published, bounds) = (reader.Require("feature_file"), reader.Require("source"), reader.Require("published_at"), reader.Require("bounds"));
        var received = reader.Require("received_at");
        int[] columns = [.. _schema.Names.Select(name => reader.IndexOf(ServedPart.ColumnOf(name)))];
        for (var i = 0; i < columns.Length; i++)
        {
            _isThere[i] |= columns[i] >= 0;
        }

        while (reader.Read())
        {
            var (log, offset) = SourceOf(reader, source);
            var said = (reader.Text(flags) ?? "").Split(';');
            var row = new ServedRow(
                TimeOf(reader, decided), TimeOf(reader, received), TimeOf(reader, published), TimeOf(reader, time), log, offset, reader.Text(file) != hash, said.Contains("duplicate"), said.Contains("approximate"),
                BoundsOf(reader, bounds));
            var key = (reader.Text(id) ?? throw new InvalidInputFileException($"{reader.Place}: payment_id is empty"), row.EventTimeMs);
            if (_rows.TryGetValue(key, out var before) && (row.IsDuplicate || !_served[before].IsDuplicate))
            {
                // The first decision is what was served.
                continue;
            }

            _rows[key] = _served.Count;
            _served.Add(row);
            for (var i = 0; i < columns.Length; i++)
            {
                _numbers[i].Add(columns[i] < 0 || _texts[i] is not null ? double.NaN : reader.Number(columns[i]));
                _texts[i]?.Add(columns[i] < 0 ? null : reader.Text(columns[i]));
            }

            if ((_served.Count & 0xfff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress(_served.Count);
            }
        }
    }

    private static long TimeOf(TableReader reader, int column) => IsoTime.TryParse(reader.Text(column) ?? "", out var unixMs) ? unixMs
        : throw new InvalidInputFileException($"{reader.Place}: {reader.Columns[column]} is {reader.Text(column) ?? "empty"}; expected a time as scoring export writes it, such as 2026-01-31T12:00:00.000Z");

    private static (string Log, long Offset) SourceOf(TableReader reader, int column)
    {
        var text = reader.Text(column) ?? "";
        var slash = text.LastIndexOf('/');
        return slash > 0 && long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? (string.Intern(text[..slash]), offset)
            : throw new InvalidInputFileException($"{reader.Place}: source is {(text.Length == 0 ? "empty" : text)}; expected region/topic/partition/offset");
    }

    private static Dictionary<string, double>? BoundsOf(TableReader reader, int column) => reader.Text(column) is not { } text ? null
        : text.Split(';').Select(bound => bound.Split('=')).ToDictionary(
            bound => bound[0],
            bound => bound.Length != 2 ? throw new InvalidInputFileException($"{reader.Place}: bounds is {text}; expected feature=number, joined by ;")
                : bound[1].Length == 0 ? double.NaN : double.Parse(bound[1], CultureInfo.InvariantCulture),
            StringComparer.Ordinal);
}
