using System.Globalization;

namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// Numbers as people read them: three digits and a unit. A plan is no more exact than that.
/// </summary>
internal static class Quantity
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    private static readonly string[] Decimal = ["", " k", " M", " G", " T", " P"];

    public static string Bytes(double bytes) => Scaled(bytes, 1024, Binary, " ");

    public static string BytesPerSecond(double bytes) => Scaled(bytes, 1000, Decimal, "") is var text && text.Contains(' ') ? text + "B/s" : text + " B/s";

    /// <summary>Whole up to 99,999, then in millions and so on.</summary>
    public static string Count(double count) => count < 100_000
        ? Math.Round(count).ToString("#,0", CultureInfo.InvariantCulture)
        : Scaled(count, 1000, ["", " thousand", " million", " billion", " trillion"], "");

    public static string Number(double value) => value switch
    {
        0 => "0",
        < 0.001 => "under 0.001",
        < 1 => value.ToString("0.###", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.##", CultureInfo.InvariantCulture),
        < 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    public static string Percent(double share) => share < 0.01 ? "under 1 %" : Math.Round(share * 100).ToString("#,0", CultureInfo.InvariantCulture) + " %";

    public static string Of(double value, string unit) => unit switch
    {
        "bytes" => Bytes(value),
        "bytes/s" => BytesPerSecond(value),
        "keys" => Count(value),
        _ => $"{Number(value)} {unit}",
    };

    /// <summary>The largest unit of which there are two: 36 h, 37 d, 5 min.</summary>
    public static string Time(TimeSpan time) => Time(time.TotalSeconds);

    public static string Time(double seconds) => seconds switch
    {
        >= 2 * 86_400 => Number(seconds / 86_400) + " d",
        >= 2 * 3600 => Number(seconds / 3600) + " h",
        >= 2 * 60 => Number(seconds / 60) + " min",
        _ => Number(seconds) + " s",
    };

    private static string Scaled(double value, double factor, string[] units, string space)
    {
        var unit = 0;
        // Not 1,000 MiB where it is about a GiB.
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= factor;
            unit++;
        }

        return Number(value) + space + units[unit];
    }
}
