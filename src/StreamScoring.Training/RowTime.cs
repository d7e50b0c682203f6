using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Training;

/// <summary>When a table's row was.</summary>
public static class RowTime
{
    public const long DayMs = 86_400_000;

    /// <summary>1990 and 2100: what lies outside is no time in ms.</summary>
    private const long EarliestMs = 631_152_000_000, LatestMs = 4_102_444_800_000;

    /// <returns>ms since the Unix epoch.</returns>
    /// <exception cref="InvalidInputFileException">The cell is no time.</exception>
    public static long Of(TableReader reader, int column)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var text = reader.Text(column) ?? "";
        return (IsoTime.TryParse(text, out var unixMs) || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out unixMs)) && unixMs is >= EarliestMs and < LatestMs ? unixMs
            : throw new InvalidInputFileException($"{reader.Place}: {reader.Columns[column]} is {(text.Length == 0 ? "empty" : text)}; expected a time between 1990 and 2100 in ISO 8601, such as 2026-01-31T12:00:00Z, or in ms since the Unix epoch");
    }
}
