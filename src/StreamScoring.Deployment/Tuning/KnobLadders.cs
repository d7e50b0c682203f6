using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Tuning;

/// <summary>
/// Which knobs are swept, and through which values. All of them change speed alone: none has a say
/// in what is decided or delivered.
/// </summary>
/// <param name="load">The topology with one more <c>key=value</c>; refuses a value that is out of
/// range.</param>
public sealed class KnobLadders(Func<string, Topology> load, Topology current)
{
    private static readonly (string Key, string[] Values)[] Swept =
    [
        ("ingest.batchRowsMax", ["32", "64", "128", "256", "512", "1024"]),
        ("score.lanes", ["1", "2", "4", "8", "16", "32", "64"]),
        ("emit.batchesInFlightMax", ["4", "8", "16", "32", "64", "128", "256"]),
        ("emit.linger", ["0ms", "1ms", "2ms", "5ms", "10ms", "20ms"]),
        ("emit.compression", ["none", "lz4", "snappy", "zstd"]),
    ];

    /// <summary>
    /// Keys that may be swept where they are asked for; by themselves only the others are, as these
    /// hardly ever matter.
    /// </summary>
    private static readonly string[] OnRequest = ["ingest.queueKilobytesMax", "ingest.fetchWaitMax"];

    public static IReadOnlyList<string> Allowed { get; } = [.. Swept.Select(knob => knob.Key), .. OnRequest];

    /// <param name="cores">More lanes than these are not tried.</param>
    public IReadOnlyList<KnobLadder> All(int cores) =>
        [.. Swept.Select(knob => Of(knob.Key, knob.Values.Where(value => knob.Key != "score.lanes" || int.Parse(value) <= cores), inOrder: true))];

    /// <summary>One knob and the values that the caller names, each of which is tried.</summary>
    /// <param name="text"><c>KEY=VALUE,VALUE</c>.</param>
    /// <exception cref="InvalidInputFileException">It is not written so, the key is none of
    /// <see cref="Allowed"/>, or a value is out of its range.</exception>
    public KnobLadder Parse(string text)
    {
        if (text.Split('=') is not [var key, { Length: > 0 } values])
        {
            throw new InvalidInputFileException($"--try {text}: expected KEY=VALUE,VALUE, such as emit.linger=0ms,5ms");
        }

        if (!Allowed.Contains(key))
        {
            var near = Nearest.To(key, Allowed);
            throw new InvalidInputFileException($"--try {text}: {key} is not swept{(near is null ? $"; allowed: {string.Join(", ", Allowed)}" : $"; did you mean {near}?")}");
        }

        var ladder = Of(key, values.Split(','), inOrder: false);
        return ladder.Steps.Count > 1 ? ladder : throw new InvalidInputFileException($"--try {text}: it is {ladder.Steps[0]} already; name another value");
    }

    private KnobLadder Of(string name, IEnumerable<string> values, bool inOrder)
    {
        var key = TopologyKeys.Named(name);
        // As a topology would write them, so that 0ms and 0s are one value.
        var steps = values.Select(value => load($"{name}={value}")).Prepend(current).DistinctBy(key.Text).ToList();
        var isOrdered = inOrder && steps.TrueForAll(step => key.Number(step) is not null);
        return new KnobLadder(name, [.. (isOrdered ? steps.OrderBy(key.Number) : steps.AsEnumerable()).Select(key.Text)], isOrdered);
    }
}
