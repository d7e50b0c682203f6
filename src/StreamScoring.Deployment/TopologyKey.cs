using System.Globalization;

namespace StreamScoring.Deployment;

/// <summary>
/// One key of a topology file: what it comes down to in a topology that was read, and whether a
/// running process takes a new value.
/// </summary>
/// <param name="Name">Dotted, as <c>--set</c> takes it.</param>
/// <param name="Value">A number, a <see cref="TimeSpan"/>, a text, or a list or map of
/// texts.</param>
/// <param name="Take">Gives the first topology the second one's value; null where the key needs a
/// restart.</param>
/// <param name="IsSecret">Its value is shown nowhere.</param>
public sealed record TopologyKey(string Name, Func<Topology, object?> Value, Func<Topology, Topology, Topology>? Take = null, bool IsSecret = false)
{
    public bool IsLive => Take is not null;

    /// <summary>The same in a deployment whose policy may come from logs.</summary>
    public bool IsLiveIn(Topology topology) => IsLive && (topology.Control is null || !TopologyKeys.IsOfPolicy(Name));

    /// <summary>The value as a topology file would have it.</summary>
    public string Text(Topology topology) => Value(topology) switch
    {
        null => "none",
        TimeSpan time => Text(time),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable<KeyValuePair<string, string>> settings => string.Join('\n', settings.OrderBy(setting => setting.Key, StringComparer.Ordinal)),
        IEnumerable<string> texts => string.Join(", ", texts.Order(StringComparer.Ordinal)),
        var text => text.ToString() ?? "",
    };

    /// <summary>
    /// The value as a metric shows it, times in seconds; null where it is no number.
    /// </summary>
    public double? Number(Topology topology) => Value(topology) switch
    {
        TimeSpan time => time.TotalSeconds,
        int number => number,
        long number => number,
        double number => number,
        _ => null,
    };

    private static string Text(TimeSpan time) =>
        time == TimeSpan.Zero ? "0s"
        : time.Ticks % TimeSpan.TicksPerDay == 0 ? FormattableString.Invariant($"{time.Ticks / TimeSpan.TicksPerDay}d")
        : time.Ticks % TimeSpan.TicksPerHour == 0 ? FormattableString.Invariant($"{time.Ticks / TimeSpan.TicksPerHour}h")
        : time.Ticks % TimeSpan.TicksPerMinute == 0 ? FormattableString.Invariant($"{time.Ticks / TimeSpan.TicksPerMinute}m")
        : time.Ticks % TimeSpan.TicksPerSecond == 0 ? FormattableString.Invariant($"{time.Ticks / TimeSpan.TicksPerSecond}s")
        : FormattableString.Invariant($"{time.TotalMilliseconds}ms");
}
