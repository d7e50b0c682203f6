using Prometheus;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>
/// The knobs of the path as they are in force, so that a change of the file can be seen to have
/// been taken.
/// </summary>
internal static class KnobMeters
{
    private static readonly string[] Sections = ["ingest.", "score.", "emit."];

    /// <param name="topology">As it is in force; asked whenever the metrics are.</param>
    public static void Register(CollectorRegistry registry, Func<Topology> topology)
    {
        var knob = Metrics.WithCustomRegistry(registry).CreateGauge(
            "scoring_knob", "The value in force of each key of ingest, score and emit that is a number; times in seconds.", ["key"]);
        registry.AddBeforeCollectCallback(() =>
        {
            var inForce = topology();
            foreach (var key in TopologyKeys.Of(inForce).Where(key => Array.Exists(Sections, section => key.Name.StartsWith(section, StringComparison.Ordinal))))
            {
                if (key.Number(inForce) is { } number)
                {
                    knob.WithLabels(key.Name).Set(number);
                }
            }
        });
    }
}
