using System.Globalization;
using StreamScoring.Configuration;

namespace StreamScoring.Training;

/// <summary>
/// Rows to fit to and, behind a gap, rows to measure on. At the moment that a model is fitted the
/// labels of the gap are not known, so a model that learned from them would know too much.
/// </summary>
/// <param name="All">Rows within the time asked for.</param>
/// <param name="Fitted">The early ones of them.</param>
/// <param name="Validation">The late ones.</param>
/// <param name="Card">The split in words, for the card.</param>
internal sealed record TimeSplit(IReadOnlyList<int> All, IReadOnlyList<int> Fitted, IReadOnlyList<int> Validation, IReadOnlyList<(string Key, string Value)> Card)
{
    private const int Parts = 5;

    /// <exception cref="InvalidInputFileException">Nothing is left of one part.</exception>
    public static TimeSplit Of(TrainingTable table, SplitOptions options) => table.TimesMs is { } times ? ByTime(times, options, table.Path) : ByOrder(table.Count);

    private static TimeSplit ByOrder(int rowCount)
    {
        var first = rowCount - (rowCount / Parts);
        return new TimeSplit(
            [.. Enumerable.Range(0, rowCount)], [.. Enumerable.Range(0, first)], [.. Enumerable.Range(first, rowCount - first)],
            [("split", "the last fifth of the rows, in the order of the file, is the validation part")]);
    }

    private static TimeSplit ByTime(List<long> times, SplitOptions options, string path)
    {
        var (first, last) = (times.Min(), times.Max());
        // Whole days where there are days: a part of a day has other payments than a whole one.
        var unit = (options.ToMs ?? last) - (options.FromMs ?? first) >= Parts * DayMs ? DayMs : 1;
        var (from, to) = (options.FromMs ?? first / unit * unit, options.ToMs ?? ((last / unit) + 1) * unit);
        var fifth = (to - from) / Parts / unit * unit;
        var validation = options.ValidationMs ?? fifth;
        var gap = options.GapMs ?? Math.Min(options.LabelDelayMs, fifth);
        var (validationFrom, fittedTo) = (to - validation, to - validation - gap);
        List<int> all = [.. Rows(from, to)], fitted = [.. Rows(from, fittedTo)], late = [.. Rows(validationFrom, to)];
        if (fitted.Count == 0 || late.Count == 0)
        {
            throw new InvalidInputFileException(
                $"{path}: from {Text(from)} to {Text(to)} {(fitted.Count == 0 ? "no row is left to fit to" : "the validation part has no row")}: the gap is {LengthOf(gap)} and the validation part {LengthOf(validation)}; make them shorter (--gap, --validation), or the time longer (--from, --to)");
        }

        return new TimeSplit(all, fitted, late,
        [
            ("from", Text(from)), ("to", Text(to)), ("fitted_to", Text(fittedTo)), ("gap", LengthOf(gap)), ("validation_from", Text(validationFrom)),
        ]);

        IEnumerable<int> Rows(long start, long end) => Enumerable.Range(0, times.Count).Where(row => times[row] >= start && times[row] < end);
    }

    private const long DayMs = RowTime.DayMs;

    private static string Text(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    private static string LengthOf(long ms) =>
        ms % DayMs == 0 ? string.Create(CultureInfo.InvariantCulture, $"{ms / DayMs}d") : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0}s");
}
