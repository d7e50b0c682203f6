using System.Diagnostics.Tracing;
using System.Globalization;
using Prometheus;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What the runtime's memory costs: bytes allocated, and how long all threads stood still, for
/// what. By the runtime's own events, which come some times a second at most: in this order
/// <c>GCSuspendEEBegin</c> (9), <c>GCSuspendEEEnd</c> (8), for a collection <c>GCStart</c> (1), and
/// <c>GCRestartEEEnd</c> (3), of the provider <c>Microsoft-Windows-DotNETRuntime</c>.
/// </summary>
internal sealed class RuntimeMeters : EventListener
{
    private const string Provider = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords Collections = (EventKeywords)1;
    private const int CollectionStarts = 1, RestartEnds = 3, SuspendEnds = 8, SuspendBegins = 9;

    /// <summary>Values of <c>GCStart</c>'s Type and of <c>GCSuspendEEBegin</c>'s Reason.</summary>
    private const uint IsBackground = 1, ForCollection = 1, ForPhaseOfBackground = 6;

    private static readonly double[] Buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];

    // The base class reports providers from within its constructor, before this one has run.
    private readonly Histogram? _pauses;
    private readonly Histogram? _stopping;
    private DateTime _suspendedAt;
    private string _cause = "";

    public RuntimeMeters(CollectorRegistry registry)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        _pauses = factory.CreateHistogram(
            "scoring_gc_pause_seconds",
            "How long all threads stood still, for a garbage collection (gen0, gen1, gen2), a phase of one in the background, or something else of the runtime's (other).",
            ["cause"], new HistogramConfiguration { Buckets = Buckets });
        _stopping = factory.CreateHistogram(
            "scoring_gc_stop_seconds", "Of that: until every thread had stopped.", new HistogramConfiguration { Buckets = Buckets });
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
        if (eventData.EventId == SuspendBegins)
        {
            _suspendedAt = eventData.TimeStamp;
            _cause = Field(eventData, "Reason") is ForCollection or ForPhaseOfBackground ? "background" : "other";
        }
        else if (_suspendedAt != default)
        {
            // By the events' own times: they are handed over later, a thread of the runtime's has
            // to come round to it.
            var seconds = (eventData.TimeStamp - _suspendedAt).TotalSeconds;
            switch (eventData.EventId)
            {
                case SuspendEnds:
                    _stopping?.Observe(seconds);
                    break;
                case CollectionStarts when Field(eventData, "Type") != IsBackground:
                    _cause = string.Create(CultureInfo.InvariantCulture, $"gen{Field(eventData, "Depth")}");
                    break;
                case RestartEnds:
                    _pauses?.WithLabels(_cause).Observe(seconds);
                    _suspendedAt = default;
                    break;
            }
        }
    }

    /// <summary>Fields are asked for by name: later versions of an event append some.</summary>
    private static uint? Field(EventWrittenEventArgs eventData, string name) =>
        eventData.PayloadNames?.IndexOf(name) is >= 0 and var index ? Convert.ToUInt32(eventData.Payload?[index], CultureInfo.InvariantCulture) : null;
}
