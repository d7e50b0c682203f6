using System.Diagnostics.Tracing;
using Prometheus;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What the runtime's memory costs: bytes allocated, and how long all threads stood still for each collection. By the runtime's own events, which come some
/// times a second at most: <c>GCSuspendEEBegin</c> (9) to <c>GCRestartEEEnd</c> (3) of the provider <c>Microsoft-Windows-DotNETRuntime</c>.
/// </summary>
internal sealed class RuntimeMeters : EventListener
{
    private const string Provider = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords Collections = (EventKeywords)1;
    private const int SuspendBegins = 9, RestartEnds = 3;

    // The base class reports providers from within its constructor, before this one has run.
    private readonly Histogram? _pauses;
    private DateTime _suspendedAt;

    public RuntimeMeters(CollectorRegistry registry)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        _pauses = factory.CreateHistogram("scoring_gc_pause_seconds", "How long all threads stood still for a garbage collection, or for a phase of one in the background.", new HistogramConfiguration
        {
            Buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
        });
        var allocated = factory.CreateCounter("scoring_allocated_bytes_total", "Bytes allocated on the garbage-collected heap.");
        registry.AddBeforeCollectCallback(() => allocated.IncTo(GC.GetTotalAllocatedBytes()));
        foreach (var source in EventSource.GetSources().Where(source => source.Name == Provider))
        {
            EnableEvents(source, EventLevel.Informational, Collections);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        ArgumentNullException.ThrowIfNull(eventData);
        switch (eventData.EventId)
        {
            case SuspendBegins:
                _suspendedAt = eventData.TimeStamp;
                break;
            case RestartEnds when _suspendedAt != default:
                // By the events' own times: they are handed over later, a thread of the runtime's has to come round to it.
                _pauses?.Observe((eventData.TimeStamp - _suspendedAt).TotalSeconds);
                _suspendedAt = default;
                break;
        }
    }
}
