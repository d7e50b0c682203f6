using Prometheus;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// How each log that is read stands, as metrics: of every one, also where nothing of it ever came.
/// </summary>
internal sealed class LogMeters(MetricFactory factory)
{
    private readonly Gauge _lag = factory.CreateGauge(
        "scoring_lag_records", "Records in a log that are not taken yet; NaN where its end is not known.", ["region", "topic", "partition"]);
    private readonly Gauge _queued = factory.CreateGauge(
        "scoring_queue_records", "Records of a log that are fetched and not taken yet.", ["region", "topic", "partition"]);
    private readonly Gauge _failing = factory.CreateGauge(
        "scoring_log_failing", "1 while a log that has records is not read or not decided, for the reason given; 0 once it is again.",
        ["region", "topic", "partition", "reason"]);

    /// <param name="standings">None where no graph runs.</param>
    public void Show(IReadOnlyList<LogStanding> standings)
    {
        // What is not said again is over, and an old lag would look as if all were well.
        foreach (var labels in _failing.GetAllLabelValues())
        {
            _failing.WithLabels(labels).Set(0);
        }

        foreach (var labels in _lag.GetAllLabelValues())
        {
            _lag.WithLabels(labels).Set(double.NaN);
        }

        foreach (var standing in standings)
        {
            var (log, partition) = (standing.Log, $"{standing.Log.Partition}");
            if (standing.Failure != LogFailure.NotDecided)
            {
                _lag.WithLabels(log.Region, log.Topic, partition).Set(standing.LagCount ?? double.NaN);
                _queued.WithLabels(log.Region, log.Topic, partition).Set(standing.QueuedCount);
            }

            if (standing.Failure != LogFailure.None)
            {
                _failing.WithLabels(log.Region, log.Topic, partition, LogStanding.LabelOf(standing.Failure)).Set(1);
            }
        }
    }
}
