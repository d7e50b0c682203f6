using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Telemetry;

/// <summary>What became of the records that change the policy.</summary>
public sealed class PolicyMeters
{
    private readonly MetricFamily<Counter<long>> _changes;
    private readonly MetricFamily<Counter<long>> _ignored;

    public PolicyMeters(EngineMeter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _changes = meter.CreateCounter(
            "scoring_policy_changes_total", "Changes of the control log, by whether they are in force: taken, refused (made for another policy) or not_applied (not possible here).", ["outcome"]);
        _ignored = meter.CreateCounter("scoring_policy_records_ignored_total", "Records of the logs of the policy that cannot be read.", ["topic"]);
    }

    public void Changed(string outcome) => _changes.With(outcome).Add(1);

    /// <param name="topic"><c>region/topic</c></param>
    public void Ignored(string topic) => _ignored.With(topic).Add(1);
}
