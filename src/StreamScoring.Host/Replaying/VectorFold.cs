using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Ingest;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.Telemetry;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// An engine that is led along recorded vectors: it folds the logs up to where a batch began, and
/// takes what that batch took. By one thread, but where something else is said.
/// </summary>
internal sealed class VectorFold : IDisposable
{
    private const int BatchesMax = 12, BatchBytesInitial = 1 << 16;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Topology _topology;
    private readonly LogTable _logs;
    private readonly IReadOnlyList<long> _begin;
    private readonly long[] _held;
    private readonly ILogger _logger;
    private readonly CancellationToken _cancel;
    private readonly KafkaLogSource _source;
    private readonly AutoResetEvent _woken = new(false);
    private readonly List<Step> _fold;
    private readonly Passage?[] _back;
    private BoundedReader[] _readers = [];
    private PaymentBatch? _spare;
    private Exception? _failure;

    /// <param name="logs">That are folded: all that features look at, or fewer.</param>
    /// <param name="range">Where they begin and end.</param>
    /// <param name="state">Empty, or restored.</param>
    /// <param name="policy">Makes what decides; the caller disposes of it afterwards.</param>
    /// <param name="cancel">Ends all waiting.</param>
    public VectorFold(Topology topology, FeatureFile features, LogTable logs, LogRange range, FoldedState state, ReplayPolicy policy, ILogger logger, CancellationToken cancel)
    {
        // A table of some logs is read as it stands, whoever owned them.
        (_topology, _logs, _logger, _cancel) = (topology with { FollowsRegion = true }, logs, logger, cancel);
        _back = new Passage?[logs.Count];
        _held = state.Vector.ToArray();
        _begin = range.Start;
        range = range with { Start = [.. range.Start.Select((start, logIndex) => Math.Max(start, _held[logIndex]))] };
        var coverage = new LogCoverage(logs, TimeProvider.System);
        // What a repeat gets is for whoever compares to find, so as little as may be is kept here.
        var decisions = new DecisionParts(policy.AtStart(state.Control), new FirstDecisions(1))
        {
            IsWritten = false,
            PolicyLog = topology.Control is null ? null : new PolicyLogParts(policy) { Run = static action => action() },
        };
        Engine = new Engine(new EngineParts(logs, features, state, decisions)
        {
            Coverage = coverage,
            Limits = topology.Limits,
            Identity = topology.Identity,
            BatchesMax = BatchesMax,
            BatchRowsMax = PaymentBatch.RowsCeiling,
            BatchBytesInitial = BatchBytesInitial,
        });
        Engine.Pool.Returned = Wake;
        var folding = 1 + Engine.Steps.Index().First(step => step.Item.Thread == StepThread.State).Index;
        (_fold, Deciding) = ([.. Engine.Steps.Take(folding)], [.. Engine.Steps.Skip(folding)]);
        _source = RecordedLogs.SourceOf(_topology, logs, range, logger, coverage);
    }

    /// <summary>One log read a second time, from behind where the state is.</summary>
    private sealed record Passage(KafkaLogSource Source, BoundedReader Reader) : IDisposable
    {
        public void Dispose() => Source.Dispose();
    }

    public Engine Engine { get; }

    /// <summary>The steps behind the state's: for any one thread.</summary>
    public IReadOnlyList<Step> Deciding { get; }

    /// <summary>
    /// Records that were stamped before it are gone, ms since the Unix epoch;
    /// <see cref="long.MinValue"/> where all are there.
    /// </summary>
    public long GoneBeforeMs { get; private set; } = long.MinValue;

    /// <summary>Opens the logs.</summary>
    public void Start()
    {
        _source.Start(Wake, Failed);
        // Those of other regions come later than the own ones.
        while (_source.Readers.Count < _logs.Count)
        {
            Wait();
        }

        _readers = [.. _source.Readers.Select(reader => new BoundedReader(reader, _held[reader.LogIndex]))];
        // What a restored state holds of a log is not gone.
        foreach (var reader in _readers.Where(reader => _begin[reader.LogIndex] > _held[reader.LogIndex] && !_logs.IsPolicy(reader.LogIndex)))
        {
            GoneBeforeMs = Math.Max(GoneBeforeMs, FirstTimeOf(reader));
        }
    }

    /// <summary>A batch, once there is one.</summary>
    public PaymentBatch Rent()
    {
        while (true)
        {
            if ((Interlocked.Exchange(ref _spare, null) ?? Engine.Pool.TryRent()) is { } batch)
            {
                return batch;
            }

            Wait();
        }
    }

    /// <summary>Whether the state holds no more than it did before the batch.</summary>
    public bool CanReach(ReplayedBatch script)
    {
        for (var logIndex = 0; logIndex < script.Next.Length; logIndex++)
        {
            if (Engine.State.Vector[logIndex] > script.Next[logIndex])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Folds what was held before the batch, and nothing else.</summary>
    public void FoldUpTo(ReplayedBatch script)
    {
        var isThere = true;
        foreach (var reader in _readers)
        {
            reader.Bound = script.Next[reader.LogIndex];
            isThere = isThere && reader.Taken >= reader.Bound;
        }

        if (isThere)
        {
            return;
        }

        // One for each stretch: it begins as a process does that catches up, and waits for each
        // log.
        var merge = new LogMerge(TimeProvider.System, TimeSpan.FromDays(1)) { Gate = Engine.PolicyChanges };
        while (!Array.TrueForAll(_readers, reader => reader.IsAtEnd))
        {
            RequireGoingOn();
            var batch = Rent();
            if (merge.Fill(batch, _readers) == MergeOutcome.Filled)
            {
                batch.Decide.AsSpan(0, batch.RowCount).Clear();
                Fold(batch);
                Engine.Pool.Return(batch);
            }
            else
            {
                // Returning it would wake this thread at once.
                _spare = batch;
                Wait();
            }
        }
    }

    /// <summary>Takes the records that a recorded batch took. None is to be decided yet.</summary>
    public void Take(ReplayedBatch script, PaymentBatch batch)
    {
        foreach (var reader in _readers)
        {
            var left = script.Taken[reader.LogIndex];
            if (left > 0 && script.First[reader.LogIndex] < script.Next[reader.LogIndex])
            {
                left -= TakeBack(script, reader.LogIndex, batch, left);
            }

            reader.Bound = long.MaxValue;
            Take(reader, batch, left);
        }

        batch.Decide.AsSpan(0, batch.RowCount).Clear();
    }

    /// <summary>Folds a batch, and fills the features of the rows to decide.</summary>
    public void Fold(PaymentBatch batch)
    {
        Engine.Coverage.Stamp(batch);
        _fold.ForEach(step => step.Run(batch));
    }

    /// <summary>
    /// Rows to be decided that the state held before the batch, and cannot look at again: too late
    /// a payment may be gone from it. Nothing is folded meanwhile.
    /// </summary>
    public List<int> RowsGone(PaymentBatch batch)
    {
        var gone = new List<int>();
        var held = Enumerable.Range(0, batch.RowCount).Where(rowIndex => batch.Decide[rowIndex] && batch.Offset[rowIndex] < Engine.State.Vector[batch.LogIndex[rowIndex]]).ToList();
        while (held.Count > 0)
        {
            var copy = Rent();
            foreach (var rowIndex in held)
            {
                copy.Append(batch.LogIndex[rowIndex], batch.Offset[rowIndex], batch.LogTimestampMs[rowIndex], decide: true, batch.Value(rowIndex), int.MaxValue);
            }

            try
            {
                Fold(copy);
                return gone;
            }
            catch (StageFailedException e) when (e.InnerException is StateAheadException ahead)
            {
                var rowIndex = held.Find(rowIndex => batch.LogIndex[rowIndex] == ahead.LogIndex && batch.Offset[rowIndex] == ahead.Offset);
                gone.Add(rowIndex);
                held.Remove(rowIndex);
            }
            finally
            {
                Engine.Pool.Return(copy);
            }
        }

        return gone;
    }

    public void RequireGoingOn()
    {
        _cancel.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Looks again: from any thread.</summary>
    public void Wake() => _woken.Set();

    public void Dispose()
    {
        foreach (var passage in _back)
        {
            passage?.Dispose();
        }

        _source.Dispose();
        Engine.Dispose();
        _woken.Dispose();
    }

    private void Failed(Exception failure)
    {
        Volatile.Write(ref _failure, failure);
        Wake();
    }

    private void Wait()
    {
        WaitHandle.WaitAny([_woken, _cancel.WaitHandle], LookInterval);
        RequireGoingOn();
    }

    private long FirstTimeOf(BoundedReader reader)
    {
        reader.Bound = long.MaxValue;
        for (reader.StartBatch(); !reader.TryPeek(out _); Wait())
        {
            if (reader.IsAtEnd)
            {
                // All of it is gone.
                return long.MaxValue;
            }
        }

        return reader.NextTimestampMs;
    }

    /// <returns>How many were there.</returns>
    private int Take(BoundedReader reader, PaymentBatch batch, int rows)
    {
        var taken = 0;
        for (reader.StartBatch(); taken < rows;)
        {
            if (reader.TryPeek(out _))
            {
                taken += reader.TakeInto(batch, long.MaxValue, rows - taken);
            }
            else if (reader.IsAtEnd)
            {
                break;
            }
            else
            {
                Wait();
            }
        }

        return taken;
    }

    /// <summary>
    /// Takes what the state holds already: a partition was taken over, and its log had been read
    /// further than it had been decided.
    /// </summary>
    /// <returns>How many were taken.</returns>
    private int TakeBack(ReplayedBatch script, int logIndex, PaymentBatch batch, int rowsMax)
    {
        var (first, end) = (script.First[logIndex], script.Next[logIndex]);
        if (_back[logIndex] is not { } back || back.Reader.Taken > first || !back.Reader.TryPeek(out _) || back.Reader.NextOffset > first)
        {
            _back[logIndex]?.Dispose();
            _back[logIndex] = back = Open(logIndex, first, end);
        }

        var rows = batch.RowCount;
        back.Reader.Bound = end;
        var taken = Take(back.Reader, batch, rowsMax);
        // It is the only log of its table.
        batch.LogIndex.AsSpan(rows, taken).Fill(logIndex);
        return taken;
    }

    private Passage Open(int logIndex, long first, long end)
    {
        var logs = new LogTable([(_logs[logIndex], _logs.KindOf(logIndex))]);
        var source = RecordedLogs.SourceOf(_topology, logs, new LogRange([first], [end], long.MinValue, long.MaxValue) { Written = [end] }, _logger);
        source.Start(Wake, Failed);
        while (source.Readers.Count == 0)
        {
            Wait();
        }

        return new Passage(source, new BoundedReader(source.Readers[0], taken: 0));
    }
}
