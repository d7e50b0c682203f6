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
    private EvaluatedTable(List<bool?> labels, List<int>? days, List<string>? groups, List<double>? amounts, IReadOnlyList<List<string>> segments) =>
        (Labels, Days, Groups, Amounts, Segments) = (labels, days, groups, amounts, segments);

    /// <summary>[rows] Null: not known.</summary>
    public IReadOnlyList<bool?> Labels { get; }

    /// <summary>[rows] Days since the Unix epoch, UTC.</summary>
    public IReadOnlyList<int>? Days { get; }

    public IReadOnlyList<string>? Groups { get; }

    /// <summary>[rows] From 0 on.</summary>
    public IReadOnlyList<double>? Amounts { get; }

    /// <summary>[columns][rows] An empty cell is an empty text.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Segments { get; }

    /// <exception cref="InvalidInputFileException">A column is missing, or a cell is no label,
    /// time or amount.</exception>
    public static EvaluatedTable Read(string path, EvaluatedColumns columns, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        var (label, time, group, amount) = (reader.Require(columns.Label), IndexOf(columns.Time), IndexOf(columns.Group), IndexOf(columns.Amount));
        int[] segments = [.. columns.Segments.Select(reader.Require)];
        var (labels, days, groups) = (new List<bool?>(), time < 0 ? null : new List<int>(), group < 0 ? null : new List<string>());
        var amounts = amount < 0 ? null : new List<double>();
        var values = segments.Select(_ => new List<string>()).ToList();
        while (reader.Read())
        {
            labels.Add(LabelOf(reader, label, columns.Label));
            days?.Add((int)(RowTime.Of(reader, time) / RowTime.DayMs));
            groups?.Add(reader.Text(group) ?? "");
            amounts?.Add(AmountOf(reader, amount, columns.Amount!));
            for (var i = 0; i < segments.Length; i++)
            {
                values[i].Add(reader.Text(segments[i]) ?? "");
            }

            if ((labels.Count & 0xffff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }

        return new EvaluatedTable(labels, days, groups, amounts, values);

        int IndexOf(string? column) => column is null ? -1 : reader.Require(column);
    }

    private static bool? LabelOf(TableReader reader, int column, string name) => reader.Number(column) switch
    {
        double.NaN => null,
        0 => false,
        1 => true,
        var other => throw new InvalidInputFileException($"{reader.Place}: {name} is {other.ToString(CultureInfo.InvariantCulture)}; expected 0, 1, or nothing where it is not known"),
    };

    private static double AmountOf(TableReader reader, int column, string name) => reader.Number(column) is var amount && double.IsFinite(amount) && amount >= 0 ? amount
        : throw new InvalidInputFileException($"{reader.Place}: {name} is {(reader.Text(column) is { Length: > 0 } text ? text : "empty")}; expected what the payment is worth, a number from 0 on");
}
