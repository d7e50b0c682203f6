using System.Collections.Concurrent;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Expressions;
using StreamScoring.Ingest;
using StreamScoring.Lists;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring;

/// <summary>
/// Takes what the control log and the log of lists say. Each change of the control log is made
/// ready while its record still waits to be taken; the batch that takes it is the last one of the
/// policy before. So the vector of a batch says under which changes it is decided.
/// </summary>
/// <remarks>
/// One thread fills batches, one folds them, and a change is made ready on a third: one at a time,
/// as each is made on top of the one before it.
/// </remarks>
public sealed class PolicyChanges : IPolicyGate
{
    /// <summary>So many changes of lists make about a megabyte that stays.</summary>
    private const int CollectAfter = 16_384;

    private readonly LogTable _logs;
    private readonly Policies _policies;
    private readonly FoldedState _state;
    private readonly PolicyLogParts _parts;

    /// <summary>Rates that hold before any are published; null: none.</summary>
    private readonly CurrencyRates? _first;
    private readonly ConcurrentQueue<Prepared> _prepared = new();

    /// <summary>Entries of lists that changed since.</summary>
    private int _changesSince;

    // By the thread that fills batches.
    private long _begun = -1;

    // By whoever makes ready: one at a time, each behind the one before.
    private ControlState _head;

    /// <summary>Of that, what the newest policy was made of.</summary>
    private ControlState _applied;

    /// <summary>By which features take amounts once that is in force.</summary>
    private RateSchedule _rates;

    private long _ready = -1;
    private volatile string? _unapplied;

    internal PolicyChanges(LogTable logs, Policies policies, FoldedState state, PolicyLogParts parts)
    {
        (_logs, _policies, _state, _parts, _head, _unapplied) = (logs, policies, state, parts, state.Control, parts.Problem);
        // What could not be applied before may be now: by another release, or with other features.
        _applied = state.Applied = parts.Problem is null ? state.Control : state.Applied;
        _first = parts.Maker.RatesOf(published: null);
        _rates = state.Rates = ScheduleOf(state.Control);
    }

    /// <summary>Called, from any thread, when a change became ready.</summary>
    public Action? Ready { get; set; }

    /// <summary>
    /// Why the policy in force is not what the control log says; null where it is. From any thread.
    /// </summary>
    public string? Unapplied => _unapplied;

    /// <inheritdoc/>
    public bool IsPolicy(int logIndex) => _logs.IsPolicy(logIndex);

    /// <inheritdoc/>
    public bool MayTake(ILogReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (_logs.KindOf(reader.LogIndex) != LogKind.Control)
        {
            return true;
        }

        var offset = reader.NextOffset;
        if (offset > _begun)
        {
            _begun = offset;
            var (value, atMs, log) = (reader.NextValue.ToArray(), reader.NextTimestampMs, _logs[reader.LogIndex]);
            _parts.Run(() => MakeReady(log, offset, atMs, value));
        }

        return offset <= Volatile.Read(ref _ready);
    }

    /// <summary>
    /// Puts in force what a batch brought: from the next batch on. By the thread that folds.
    /// </summary>
    internal void Fold(PaymentBatch batch)
    {
        // A batch ends behind what changes the policy (LogMerge), so most have none.
        if (batch.RowCount == 0 || batch.Kind[batch.RowCount - 1] != RowKind.Policy)
        {
            return;
        }

        List<ListChange>? changes = null;
        var atMs = 0L;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Kind[rowIndex] != RowKind.Policy || batch.IsFolded[rowIndex])
            {
                continue;
            }

            var logIndex = batch.LogIndex[rowIndex];
            if (_logs.KindOf(logIndex) == LogKind.Control)
            {
                PutInForce(batch.Offset[rowIndex]);
            }
            else if (ListRecord.TryRead(batch.Value(rowIndex), out var list, out var entry, out var untilMs, out var isRemoval))
            {
                (changes ??= []).Add(new ListChange(list, entry, untilMs ?? ListEntry.Forever, isRemoval));
                atMs = Math.Max(atMs, batch.LogTimestampMs[rowIndex]);
            }
            else
            {
                _parts.Meters?.Ignored(_logs[logIndex].TopicName);
                _parts.Logger.PolicyRecordIgnored(_logs[logIndex].TopicName, _logs[logIndex].Partition, batch.Offset[rowIndex], "it is no entry of a list");
            }
        }

        if (changes is not null)
        {
            _state.Lists = _state.Lists.With(changes, atMs);
            if ((_changesSince += changes.Count) >= CollectAfter)
            {
                // What an import makes stays. In small parts it is moved in pauses of a millisecond
                // or two; left to the collector, in some of more than five.
                _changesSince = 0;
                GC.Collect(1);
            }
        }
    }

    private void PutInForce(long offset)
    {
        var isThere = _prepared.TryDequeue(out var prepared);
        Invariant.Require(isThere && prepared!.Offset == offset);
        (_state.Control, _state.Rates) = (prepared!.Control, prepared.Rates);
        if (prepared.Policy is { } policy)
        {
            // First this: whoever makes a policy of a file meanwhile sees that it is not of it.
            _state.Applied = prepared.Applied;
            _policies.PutInForce(policy);
        }

        // Parts that could not be applied are not healed by other ones.
        _unapplied = prepared.Problem ?? (prepared.Applied.Parts.Values.SequenceEqual(prepared.Control.Parts.Values) ? null : _unapplied);
        if (prepared.Outcome is { } outcome)
        {
            _parts.Meters?.Changed(outcome);
        }

        prepared.Say();
    }

    private void MakeReady(LogId log, long offset, long atMs, byte[] value)
    {
        var prepared = Prepare(log, offset, atMs, value);
        if (prepared.Control.Rates != _head.Rates)
        {
            // Whether or not the policy could be made: what is folded follows the log.
            _rates = ScheduleOf(prepared.Control);
        }

        prepared = prepared with { Rates = _rates };
        (_head, _applied) = (prepared.Control, prepared.Applied);
        _prepared.Enqueue(prepared);
        Volatile.Write(ref _ready, offset);
        Ready?.Invoke();
    }

    private RateSchedule ScheduleOf(ControlState control) => control.ScheduleOf(_first, _parts.Maker.RatesOf);

    private Prepared Prepare(LogId log, long offset, long atMs, byte[] value)
    {
        ControlChange change;
        try
        {
            change = ControlChange.Read(value);
        }
        catch (JsonException e)
        {
            return new Prepared(offset, _head, _applied, null, null, null, () =>
            {
                _parts.Meters?.Ignored(log.TopicName);
                _parts.Logger.PolicyRecordIgnored(log.TopicName, log.Partition, offset, $"it is no change of the policy: {e.Message}");
            });
        }

        var control = _head.With(change, offset, atMs, out var refusal);
        if (refusal is not null)
        {
            return new Prepared(offset, _head, _applied, "refused", null, null, () => _parts.Logger.ChangeRefused(log.ToString(), offset, change.By, refusal));
        }

        try
        {
            // On top of what could be applied: one part that cannot be keeps no other back.
            var applied = _applied.Taking(control, change.Parts.Select(part => part.Kind));
            var policy = _policies.Prepare(_parts.Maker.Make(applied));
            return new Prepared(offset, control, applied, "taken", policy, null, () => _parts.Logger.ChangeTaken(
                log.ToString(), offset, change.By, string.Join(", ", change.Parts.Select(part => part.Kind)), change.Why));
        }
        catch (Exception e)
        {
            // Whatever the reason, a fault of this program too: the log goes on to say what it
            // says, and the process goes on with the policy that it has.
            return new Prepared(offset, control, _applied, "not_applied", null, e.Message, () => _parts.Logger.ChangeNotApplied(log.ToString(), offset, e.Message));
        }
    }

    /// <summary>A change that is ready to be put in force.</summary>
    /// <param name="Control">What the log says once it is.</param>
    /// <param name="Applied">What the policy is made of then.</param>
    /// <param name="Outcome">As it is counted; null for what is no change.</param>
    /// <param name="Policy">Null where the policy stays.</param>
    /// <param name="Problem">Why it cannot be applied here; null where it is.</param>
    /// <param name="Say">Tells operators.</param>
    private sealed record Prepared(long Offset, ControlState Control, ControlState Applied, string? Outcome, Policy? Policy, string? Problem, Action Say)
    {
        /// <summary>By which features take amounts once it is.</summary>
        public RateSchedule Rates { get; init; } = RateSchedule.None;
    }
}
