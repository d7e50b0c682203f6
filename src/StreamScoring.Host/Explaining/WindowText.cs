using System.Globalization;
using StreamScoring.Features;

namespace StreamScoring.Host.Explaining;

/// <summary>A window as feature files write it.</summary>
internal static class WindowText
{
    private static readonly (string Unit, long Ms)[] Units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    public static string Of(in Window window) =>
        window.LastCount > 0 ? string.Create(CultureInfo.InvariantCulture, $"last {window.LastCount}")
        : window.IsEver ? "ever"
        : OfDuration(window.SizeMs);

    /// <returns>Null where the window ends at the payment.</returns>
    public static string? DelayOf(in Window window) => window.DelayMs == 0 ? null : OfDuration(window.DelayMs);

    private static string OfDuration(long ms)
    {
        var (unit, length) = Units.First(unit => ms % unit.Ms == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{ms / length}{unit}");
    }
}
