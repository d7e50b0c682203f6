using System.Diagnostics.Metrics;
using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Signals;

namespace StreamScoring.Telemetry;

/// <summary>
/// The pipeline's metrics. They are touched once per batch and stage, never per row.
/// </summary>
public sealed class PipelineMeters
{
    private readonly MetricFamily<Histogram<double>> _stageSeconds;
    private readonly Histogram<double> _batchRows;
    private readonly MetricFamily<Counter<long>> _rejected;
    private readonly Counter<long>?[] _rejectedFor = new Counter<long>?[Enum.GetValues<RejectReason>().Length];
    private readonly Histogram<double> _decisionSeconds;
    private readonly Histogram<double> _statePauseSeconds;
    private readonly Gauge<long> _batchesInFlight;
    private readonly Counter<long> _late;
    private readonly Counter<long> _unscored;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _approximate;
    private readonly Counter<long> _conflictingIds;
    private readonly Counter<long> _mergeWaitsGivenUp;
    private readonly Counter<long>[] _recordsOfLog;
    private readonly Counter<long>[] _aheadOfLog;
    private readonly Counter<long>[] _decisionsOfAction;
    private readonly Counter<long>[] _rungs;
    private readonly int[] _rowsByRung = new int[Enum.GetNames<Rung>().Length];
    private readonly int[] _rowsByLog;
    private readonly long[] _rowsByAction = new long[4];
    private long _mergeWaitsGivenUpSeen;

    public PipelineMeters(EngineMeter meter, LogTable logs)
    {
        _stageSeconds = meter.CreateHistogram("scoring_stage_seconds", "Processing time of one batch in a stage.", ["stage"], EngineMeter.Doubling(10e-6m, 18));
        _batchRows = meter.CreateHistogram("scoring_batch_rows", "Records in one batch.", EngineMeter.Doubling(1, 11));
        var records = meter.CreateCounter("scoring_records_total", "Records read.", ["region", "topic", "partition"]);
        var decisions = meter.CreateCounter("scoring_decisions_total", "Decisions acknowledged.", ["action"]);
        _rejected = meter.CreateCounter("scoring_rejected_total", "Records sent to the dead letters.", ["reason"]);
        _decisionSeconds = meter.CreateHistogram(
            "scoring_decision_seconds", "From taking a batch with payments to decide off its logs to the acknowledgement of its decisions.",
            EngineMeter.Doubling(0.25e-3m, 16));
        _statePauseSeconds = meter.CreateHistogram(
            "scoring_state_pause_seconds", "How long the fold paused for one step of copying the state out (snapshots, /state).",
            EngineMeter.Doubling(10e-6m, 14));
        _batchesInFlight = meter.CreateGauge("scoring_emit_batches_in_flight", "Batches sent and not acknowledged.");
        var rungs = meter.CreateCounter("scoring_rungs_total", "Decisions by how much of the deadline ladder they got.", ["rung"]);
        _rungs = [.. Enum.GetNames<Rung>().Select(name => rungs.With(name.ToLowerInvariant()))];
        _late = meter.CreateCounter("scoring_late_total", "Payments that were past their budget when they were decided.");
        _unscored = meter.CreateCounter("scoring_unscored_total", "Payments for which the model gave no number.");
        _duplicates = meter.CreateCounter("scoring_duplicates_total", "Payments that were published again and got their first decision back.");
        _approximate = meter.CreateCounter("scoring_approximate_total", "Decisions with a feature that may lack events or count too many.");
        _conflictingIds = meter.CreateCounter("scoring_conflicting_ids_total", "Payments that were decided with an id that another payment had before.");
        _mergeWaitsGivenUp = meter.CreateCounter("scoring_merge_waits_given_up_total", "Times a log held up the others for longer than ingest.mergeWaitMax.");
        _recordsOfLog = [.. Enumerable.Range(0, logs.Count).Select(i => records.With(logs[i].Region, logs[i].Topic, $"{logs[i].Partition}"))];
        var ahead = meter.CreateCounter(
            "scoring_timestamps_ahead_total", "Records stamped more than a minute ahead of this machine's clock.", ["region", "topic", "partition"]);
        _aheadOfLog = [.. Enumerable.Range(0, logs.Count).Select(i => ahead.With(logs[i].Region, logs[i].Topic, $"{logs[i].Partition}"))];
        _decisionsOfAction = [.. Enum.GetNames<DecisionAction>().Select(name => decisions.With(name.ToLowerInvariant()))];
        _rowsByLog = new int[logs.Count];
    }

    /// <summary>Where the time of each batch in a step goes, seconds.</summary>
    public Histogram<double> StageSeconds(string step) => _stageSeconds.With(step);

    public void StatePaused(TimeSpan time) => _statePauseSeconds.Record(time.TotalSeconds);

    public void BatchTaken(PaymentBatch batch)
    {
        _batchRows.Record(batch.RowCount);
        Array.Clear(_rowsByLog);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            _rowsByLog[batch.LogIndex[rowIndex]]++;
        }

        for (var logIndex = 0; logIndex < _rowsByLog.Length; logIndex++)
        {
            if (_rowsByLog[logIndex] > 0)
            {
                _recordsOfLog[logIndex].Add(_rowsByLog[logIndex]);
            }
        }
    }

    /// <summary>Counts what an acknowledged batch decided and refused.</summary>
    public void BatchAcknowledged(PaymentBatch batch, TimeSpan sinceReceived, int batchesInFlight)
    {
        if (batch.DecideCount > 0)
        {
            // What is only folded, labels and other regions' payments, is over at once and would
            // hide how long payments take.
            _decisionSeconds.Record(sinceReceived.TotalSeconds);
        }

        _batchesInFlight.Record(batchesInFlight);
        Array.Clear(_rowsByAction);
        for (var i = 0; i < batch.DecideCount; i++)
        {
            _rowsByAction[(int)batch.Action[batch.DecideRows[i]]]++;
        }

        for (var action = 0; action < _rowsByAction.Length; action++)
        {
            if (_rowsByAction[action] > 0)
            {
                _decisionsOfAction[action].Add(_rowsByAction[action]);
            }
        }
    }

    public void Rejected(RejectReason reason) => (_rejectedFor[(int)reason] ??= _rejected.With(RejectionText.CodeOf(reason))).Add(1);

    /// <summary>
    /// Counts what a decided batch is flagged with. A payment whose id was another's counts once,
    /// and not its retries.
    /// </summary>
    public void BatchDecided(PaymentBatch batch)
    {
        var (late, unscored, duplicates, approximate, conflicting) = (0, 0, 0, 0, 0);
        Array.Clear(_rowsByRung);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            _rowsByRung[(int)batch.Rung[rowIndex]]++;
            var flags = batch.Flags[rowIndex];
            late += flags.HasFlag(VerdictFlags.Late) ? 1 : 0;
            unscored += flags.HasFlag(VerdictFlags.Unscored) ? 1 : 0;
            duplicates += flags.HasFlag(VerdictFlags.Duplicate) ? 1 : 0;
            approximate += flags.HasFlag(VerdictFlags.Approximate) ? 1 : 0;
            conflicting += (flags & (VerdictFlags.ConflictingId | VerdictFlags.Duplicate)) == VerdictFlags.ConflictingId ? 1 : 0;
        }

        for (var rung = 0; rung < _rowsByRung.Length; rung++)
        {
            Add(_rungs[rung], _rowsByRung[rung]);
        }

        Add(_late, late);
        Add(_unscored, unscored);
        Add(_duplicates, duplicates);
        Add(_approximate, approximate);
        Add(_conflictingIds, conflicting);

        static void Add(Counter<long> counter, int count)
        {
            if (count > 0)
            {
                counter.Add(count);
            }
        }
    }

    public void TimestampAhead(int logIndex) => _aheadOfLog[logIndex].Add(1);

    /// <param name="total">Of the graph that runs. From one thread.</param>
    public void MergeWaitsGivenUp(long total)
    {
        _mergeWaitsGivenUp.Add(total - _mergeWaitsGivenUpSeen);
        _mergeWaitsGivenUpSeen = total;
    }
}
