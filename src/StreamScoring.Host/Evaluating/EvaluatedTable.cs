using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Training;

namespace StreamScoring.Host.Evaluating;

/// <summary>
/// What a table says of its rows beside a model's inputs. All of its rows are here, in its order.
/// </summary>
internal sealed class EvaluatedTable
{
    private EvaluatedTable(List<bool?> labels, List<int>? days, List<string>? groups, IReadOnlyList<List<string>> segments) => (Labels, Days, Groups, Segments) = (labels, days, groups, segments);

    /// <summary>[rows] Null: not known.</summary>
    public IReadOnlyList<bool?> Labels { get; }

    /// <summary>[rows] Days since the Unix epoch, UTC.</summary>
    public IReadOnlyList<int>? Days { get; }

    public IReadOnlyList<string>? Groups { get; }

    /// <summary>[columns][rows] An empty cell is an empty text.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Segments { get; }

    /// <exception cref="InvalidInputFileException">A column is missing, or a cell is neither label
    /// nor time.</exception>
    public static EvaluatedTable Read(string path, EvaluatedColumns columns, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        var (label, time, group) = (reader.Require(columns.Label), IndexOf(columns.Time), IndexOf(columns.Group));
        int[] segments = [.. columns.Segments.Select(reader.Require)];
        var (labels, days, groups) = (new List<bool?>(), time < 0 ? null : new List<int>(), group < 0 ? null : new List<string>());
        var values = segments.Select(_ => new List<string>()).ToList();
        while (reader.Read())
        {
            labels.Add(LabelOf(reader, label, columns.Label));
            days?.Add((int)(RowTime.Of(reader, time) / RowTime.DayMs));
            groups?.Add(reader.Text(group) ?? "");
            for (var i = 0; i < segments.Length; i++)
            {
                values[i].Add(reader.Text(segments[i]) ?? "");
            }

            if ((labels.Count & 0xffff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }

        return new EvaluatedTable(labels, days, groups, values);

        int IndexOf(string? column) => column is null ? -1 : reader.Require(column);
    }

    private static bool? LabelOf(TableReader reader, int column, string name) => reader.Number(column) switch
    {
        double.NaN => null,
        0 => false,
        1 => true,
        var other => throw new InvalidInputFileException($"{reader.Place}: {name} is {other.ToString(CultureInfo.InvariantCulture)}; expected 0, 1, or nothing where it is not known"),
    };
}
