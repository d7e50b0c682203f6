using Prometheus;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Metrics that are looked up when they are asked for: lag, queues, batches, staleness, state, the
/// model.
/// </summary>
internal sealed class ProcessMeters
{
    private readonly Dictionary<ICounter, long> _seen = [];
    private readonly Gauge _staleness;
    private readonly Gauge _regionStaleness;

    public ProcessMeters(CollectorRegistry registry, Func<Artifacts> artifacts, Func<Pipeline?> pipeline, Func<KafkaLogSource?> source)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        var model = factory.CreateGauge("scoring_model_info", "The models that are served; always 1.", ["role", "name", "version", "engine"]);
        var policy = factory.CreateGauge("scoring_policy_info", "The policy in force, as decisions name it; always 1.", ["policy"]);
        var logs = new LogMeters(factory);
        var rented = factory.CreateGauge("scoring_batches_rented", "Batches out of the pool: between the source and the acknowledgement.");
        var keys = factory.CreateGauge("scoring_state_keys", "Keys held in state.", ["entity"]);
        var bytes = factory.CreateGauge("scoring_state_bytes", "Memory of the state.", ["entity"]);
        var bytesMax = factory.CreateGauge("scoring_state_bytes_max", "The ceiling of the state's memory (state.megabytesMax), less a sixty-fourth for the record of evicted keys.");
        var exceeded = factory.CreateCounter("scoring_state_ceiling_exceeded_total", "Times memory was taken beyond the ceiling, because nothing was left that could go instead.");
        var evicted = factory.CreateCounter(
            "scoring_state_evicted_total", "Keys removed: idle, seen by no window any more; early, because the ceiling was reached.", ["entity", "reason"]);
        _staleness = factory.CreateGauge(
            "scoring_staleness_seconds", "How long ago a followed log was known to be taken whole; NaN where it never was, or where no graph runs.", ["region", "topic", "partition"]);
        _regionStaleness = factory.CreateGauge(
            "scoring_region_staleness_seconds", "How long ago the payments of a followed region were known to be taken whole: that of its stalest partition; NaN as there.", ["region"]);
        var entries = factory.CreateGauge("scoring_list_entries", "Entries of a list that rules can look into.", ["list"]);
        var changedAt = factory.CreateGauge("scoring_list_changed_timestamp_seconds", "When a list of the log changed last, seconds since the Unix epoch.", ["list"]);
        registry.AddBeforeCollectCallback(() =>
        {
            ShowLists(entries, changedAt, pipeline());
            ShowModels(model, artifacts());
            ShowOnly(policy, pipeline() is { } decides ? [[decides.PolicyId]] : []);
            logs.Show(source()?.Health.Look() ?? []);
            ShowStaleness(pipeline()?.Coverage);
            rented.Set(pipeline()?.BatchesRented ?? 0);
            foreach (var (entity, keyCount, byteCount) in pipeline()?.StateSizes ?? [])
            {
                keys.WithLabels(entity).Set(keyCount);
                bytes.WithLabels(entity).Set(byteCount);
            }

            if (pipeline() is { } running)
            {
                bytesMax.Set(running.State.Features.Bytes.Max);
                Add(exceeded, running.State.Features.TimesCeilingExceeded);
                foreach (var (entity, idle, early) in running.State.Features.Evicted)
                {
                    Add(evicted.WithLabels(entity, "idle"), idle);
                    Add(evicted.WithLabels(entity, "early"), early);
                }
            }
        });
    }

    private static void ShowLists(Gauge entries, Gauge changedAt, Pipeline? pipeline)
    {
        var lists = pipeline?.Lists ?? [];
        foreach (var gauge in new[] { entries, changedAt })
        {
            foreach (var labels in gauge.GetAllLabelValues().Where(labels => !lists.Any(list => list.Name == labels[0])).ToList())
            {
                gauge.RemoveLabelled(labels);
            }
        }

        foreach (var list in lists)
        {
            entries.WithLabels(list.Name).Set(list.Count);
            if (list.ChangedAtMs > 0)
            {
                changedAt.WithLabels(list.Name).Set(list.ChangedAtMs / 1000.0);
            }
        }
    }

    private static void ShowModels(Gauge model, Artifacts artifacts) => ShowOnly(model,
    [
        .. artifacts.Models.Select(served => new[] { served.Role.ToString().ToLowerInvariant(), served.Model.Name, served.Model.Version, served.Model.Engine }),
        .. artifacts.Shadows.Select(shadow => new[] { "shadow", shadow.Model.Name, shadow.Model.Version, shadow.Model.Engine }),
    ]);

    /// <summary>Those that were replaced go: they are served no more.</summary>
    private static void ShowOnly(Gauge gauge, IReadOnlyList<string[]> shown)
    {
        foreach (var labels in gauge.GetAllLabelValues().Where(labels => !shown.Any(labels.SequenceEqual)).ToList())
        {
            gauge.RemoveLabelled(labels);
        }

        foreach (var labels in shown)
        {
            gauge.WithLabels(labels).Set(1);
        }
    }

    /// <summary>
    /// An old number would look as if all were well, so that where nothing is known that is shown.
    /// Logs only ever come to those that are there.
    /// </summary>
    private void ShowStaleness(LogCoverage? coverage)
    {
        if (coverage is null)
        {
            foreach (var labels in _staleness.GetAllLabelValues())
            {
                _staleness.WithLabels(labels).Set(double.NaN);
            }

            foreach (var labels in _regionStaleness.GetAllLabelValues())
            {
                _regionStaleness.WithLabels(labels).Set(double.NaN);
            }

            return;
        }

        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var logIndex = 0; logIndex < coverage.Logs.Count; logIndex++)
        {
            if (coverage.Logs.FollowedRegionOf(logIndex) is not null)
            {
                var log = coverage.Logs[logIndex];
                _staleness.WithLabels(log.Region, log.Topic, $"{log.Partition}").Set(coverage.SecondsBehind(logIndex, nowMs));
            }
        }

        var seconds = new double[coverage.Regions.Count];
        coverage.Fill(seconds, nowMs);
        for (var region = 0; region < seconds.Length; region++)
        {
            _regionStaleness.WithLabels(coverage.Regions[region]).Set(seconds[region]);
        }
    }

    /// <summary>
    /// Adds what a count grew by. A smaller one is that of a new state, which began at 0.
    /// </summary>
    private void Add(ICounter counter, long total)
    {
        var seen = _seen.GetValueOrDefault(counter);
        counter.Inc(total >= seen ? total - seen : total);
        _seen[counter] = total;
    }
}
