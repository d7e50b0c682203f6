using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Telemetry;

/// <summary>The pipeline's Prometheus metrics. They are touched once per batch and stage, never per row.</summary>
public sealed class PipelineMeters
{
    private readonly Histogram _stageSeconds;
    private readonly Histogram _batchRows;
    private readonly Counter _records;
    private readonly Counter _decisions;
    private readonly Counter _rejected;
    private readonly Histogram _decisionSeconds;
    private readonly Histogram _statePauseSeconds;
    private readonly Gauge _batchesInFlight;
    private readonly Counter _late;
    private readonly Counter _unscored;
    private readonly Counter _duplicates;
    private readonly Counter _approximate;
    private readonly Counter _conflictingIds;
    private readonly Counter _mergeWaitsGivenUp;
    private readonly Counter.Child[] _recordsOfLog;
    private readonly Counter.Child[] _aheadOfLog;
    private readonly Counter.Child[] _decisionsOfAction;
    private readonly int[] _rowsByLog;
    private readonly long[] _rowsByAction = new long[4];

    public PipelineMeters(CollectorRegistry registry, LogTable logs)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        _stageSeconds = factory.CreateHistogram(
            "scoring_stage_seconds", "Processing time of one batch in a stage.", ["stage"],
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(10e-6, 2, 18) });
        _batchRows = factory.CreateHistogram(
            "scoring_batch_rows", "Records in one batch.", new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(1, 2, 11) });
        _records = factory.CreateCounter("scoring_records_total", "Records read.", ["region", "topic", "partition"]);
        _decisions = factory.CreateCounter("scoring_decisions_total", "Decisions acknowledged.", ["action"]);
        _rejected = factory.CreateCounter("scoring_rejected_total", "Records sent to the dead letters.", ["reason"]);
        _decisionSeconds = factory.CreateHistogram(
            "scoring_decision_seconds", "From taking a batch with payments to decide off its logs to the acknowledgement of its decisions.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.25e-3, 2, 16) });
        _statePauseSeconds = factory.CreateHistogram(
            "scoring_state_pause_seconds", "How long the fold paused for one step of copying the state out (snapshots, /state).",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(10e-6, 2, 14) });
        _batchesInFlight = factory.CreateGauge("scoring_emit_batches_in_flight", "Batches sent and not acknowledged.");
        _late = factory.CreateCounter("scoring_late_total", "Payments that were past their budget when they were decided.");
        _unscored = factory.CreateCounter("scoring_unscored_total", "Payments for which the model gave no number.");
        _duplicates = factory.CreateCounter("scoring_duplicates_total", "Payments that were published again and got their first decision back.");
        _approximate = factory.CreateCounter("scoring_approximate_total", "Decisions with a feature that may lack events or count too many.");
        _conflictingIds = factory.CreateCounter("scoring_conflicting_ids_total", "Payments that were decided with an id that another payment had before.");
        _mergeWaitsGivenUp = factory.CreateCounter("scoring_merge_waits_given_up_total", "Times a log held up the others for longer than ingest.mergeWaitMax.");
        _recordsOfLog = [.. Enumerable.Range(0, logs.Count).Select(i => _records.WithLabels(logs[i].Region, logs[i].Topic, $"{logs[i].Partition}"))];
        var ahead = factory.CreateCounter(
            "scoring_timestamps_ahead_total", "Records stamped more than a minute ahead of this machine's clock.", ["region", "topic", "partition"]);
        _aheadOfLog = [.. Enumerable.Range(0, logs.Count).Select(i => ahead.WithLabels(logs[i].Region, logs[i].Topic, $"{logs[i].Partition}"))];
        _decisionsOfAction = [.. Enum.GetNames<DecisionAction>().Select(name => _decisions.WithLabels(name.ToLowerInvariant()))];
        _rowsByLog = new int[logs.Count];
    }

    /// <summary>Where the time of each batch in a step goes, seconds.</summary>
    public Histogram.Child StageSeconds(string step) => _stageSeconds.WithLabels(step);

    public void StatePaused(TimeSpan time) => _statePauseSeconds.Observe(time.TotalSeconds);

    public void BatchTaken(PaymentBatch batch)
    {
        _batchRows.Observe(batch.RowCount);
        Array.Clear(_rowsByLog);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            _rowsByLog[batch.LogIndex[rowIndex]]++;
        }

        for (var logIndex = 0; logIndex < _rowsByLog.Length; logIndex++)
        {
            if (_rowsByLog[logIndex] > 0)
            {
                _recordsOfLog[logIndex].Inc(_rowsByLog[logIndex]);
            }
        }
    }

    /// <summary>Counts what an acknowledged batch decided and refused.</summary>
    public void BatchAcknowledged(PaymentBatch batch, TimeSpan sinceReceived, int batchesInFlight)
    {
        if (batch.DecideCount > 0)
        {
            // What is only folded, labels and other regions' payments, is over at once and would hide how long payments take.
            _decisionSeconds.Observe(sinceReceived.TotalSeconds);
        }

        _batchesInFlight.Set(batchesInFlight);
        Array.Clear(_rowsByAction);
        for (var i = 0; i < batch.DecideCount; i++)
        {
            _rowsByAction[(int)batch.Action[batch.DecideRows[i]]]++;
        }

        for (var action = 0; action < _rowsByAction.Length; action++)
        {
            if (_rowsByAction[action] > 0)
            {
                _decisionsOfAction[action].Inc(_rowsByAction[action]);
            }
        }
    }

    public void Rejected(RejectReason reason) => _rejected.WithLabels(RejectionText.CodeOf(reason)).Inc();

    /// <summary>Counts what a decided batch is flagged with. A payment whose id was another's counts once, and not its retries.</summary>
    public void BatchDecided(PaymentBatch batch)
    {
        var (late, unscored, duplicates, approximate, conflicting) = (0, 0, 0, 0, 0);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var flags = batch.Flags[rowIndex];
            late += flags.HasFlag(VerdictFlags.Late) ? 1 : 0;
            unscored += flags.HasFlag(VerdictFlags.Unscored) ? 1 : 0;
            duplicates += flags.HasFlag(VerdictFlags.Duplicate) ? 1 : 0;
            approximate += flags.HasFlag(VerdictFlags.Approximate) ? 1 : 0;
            conflicting += (flags & (VerdictFlags.ConflictingId | VerdictFlags.Duplicate)) == VerdictFlags.ConflictingId ? 1 : 0;
        }

        Add(_late, late);
        Add(_unscored, unscored);
        Add(_duplicates, duplicates);
        Add(_approximate, approximate);
        Add(_conflictingIds, conflicting);

        static void Add(Counter counter, int count)
        {
            if (count > 0)
            {
                counter.Inc(count);
            }
        }
    }

    public void TimestampAhead(int logIndex) => _aheadOfLog[logIndex].Inc();

    public void MergeWaitsGivenUp(long total) => _mergeWaitsGivenUp.IncTo(total);
}
