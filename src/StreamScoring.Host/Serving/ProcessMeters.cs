using Prometheus;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Serving;

/// <summary>Metrics that are looked up when they are asked for: lag, state, the model.</summary>
internal sealed class ProcessMeters
{
    public ProcessMeters(CollectorRegistry registry, Artifacts artifacts, Func<Pipeline?> pipeline, Func<KafkaLogSource?> source)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        var model = factory.CreateGauge("scoring_model_info", "The models that are served; always 1.", ["role", "name", "version", "engine"]);
        model.WithLabels("champion", artifacts.Champion.Name, artifacts.Champion.Version, artifacts.Champion.Engine).Set(1);
        var lag = factory.CreateGauge("scoring_lag_records", "Records in a log that are not taken yet.", ["region", "topic", "partition"]);
        var keys = factory.CreateGauge("scoring_state_keys", "Keys held in state.", ["entity"]);
        var bytes = factory.CreateGauge("scoring_state_bytes", "Memory of the state.", ["entity"]);
        registry.AddBeforeCollectCallback(() =>
        {
            foreach (var (log, records) in source()?.Lag() ?? [])
            {
                lag.WithLabels(log.Region, log.Topic, $"{log.Partition}").Set(records);
            }

            foreach (var (entity, keyCount, byteCount) in pipeline()?.StateSizes ?? [])
            {
                keys.WithLabels(entity).Set(keyCount);
                bytes.WithLabels(entity).Set(byteCount);
            }
        });
    }
}
