using System.Collections.Concurrent;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Ingest;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.Rules;
using StreamScoring.State;
using StreamScoring.Telemetry;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Derives the batches of a chain again, with the engine's steps: one thread folds the logs up to
/// where a batch's vector says that the state was, and then the batch itself; another one decides.
/// </summary>
internal sealed class ChainReplay : IDisposable
{
    private const int BatchesMax = 12, BetweenThreadsMax = 8, BatchBytesInitial = 1 << 16;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly ReplayWorld _world;
    private readonly ReplayComparison _comparison;
    private readonly Action<int> _progress;
    private readonly CancellationTokenSource _cancel;
    private readonly ReplayPolicy _policy;
    private readonly RecordedModels _models;
    private readonly Engine _engine;
    private readonly KafkaLogSource _source;
    private readonly AutoResetEvent _woken = new(false);
    private readonly List<Step> _fold, _decide;
    private readonly Dictionary<int, DecisionBlocks> _blocks = [];
    private readonly List<ReplayChains.Part[]> _left = [];
    private BoundedReader[] _readers = [];
    private TakenBack?[] _back = [];
    private PaymentBatch? _spare;
    private Exception? _failure;

    /// <summary>Records from before it are gone, ms since the Unix epoch.</summary>
    private long _goneBeforeMs = long.MinValue;

    // By the thread that decides: a place where nothing lies.
    private long _noPlace = -1;

    /// <param name="progress">Told how many payments were decided since it was told before.</param>
    public ChainReplay(ReplayWorld world, ReplayComparison comparison, Action<int> progress, CancellationToken cancel)
    {
        (_world, _comparison, _progress) = (world, comparison, progress);
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var topology = world.Topology;
        _policy = new ReplayPolicy(world, cancel);
        _models = new RecordedModels(world, cancel);
        var coverage = new LogCoverage(world.Logs, TimeProvider.System);
        var state = new FoldedState(world.Features, world.Logs, topology.Idempotency, topology.StateBytesMax, identity: topology.Identity);
        // What a repeat gets is for the comparison to find, so as little as may be is kept here.
        var decisions = new DecisionParts(_policy.First, new FirstDecisions(1))
        {
            IsWritten = false,
            PolicyLog = topology.Control is null ? null : new PolicyLogParts(_policy) { Run = static action => action() },
        };
        _engine = new Engine(new EngineParts(world.Logs, world.Features, state, decisions)
        {
            Coverage = coverage,
            Limits = topology.Limits,
            Identity = topology.Identity,
            BatchesMax = BatchesMax,
            BatchRowsMax = PaymentBatch.RowsCeiling,
            BatchBytesInitial = BatchBytesInitial,
        });
        var folding = 1 + _engine.Steps.Index().First(step => step.Item.Thread == StepThread.State).Index;
        (_fold, _decide) = ([.. _engine.Steps.Take(folding)], [.. _engine.Steps.Skip(folding)]);
        _source = RecordedLogs.SourceOf(topology, world.Logs, world.Range, world.Logger, coverage);
    }

    /// <summary>A batch on its way from one thread to the other.</summary>
    private readonly record struct Folded(PaymentBatch Batch, Dictionary<(int Log, long Offset), RecordedVerdict> Verdicts, string? Unapplied);

    /// <summary>A log that is read a second time, from behind where the state is.</summary>
    private sealed record TakenBack(KafkaLogSource Source, BoundedReader Reader) : IDisposable
    {
        public void Dispose() => Source.Dispose();
    }

    /// <returns>Batches that it could not derive, as they do not follow those before them.</returns>
    public IReadOnlyList<ReplayChains.Part[]> Run(ReplayChains.Chain chain)
    {
        using var queue = new BlockingCollection<Folded>(BetweenThreadsMax);
        _engine.Pool.Returned = () => _woken.Set();
        using var stopping = _cancel.Token.Register(() => _woken.Set());
        var deciding = Task.Factory.StartNew(() => Decide(queue), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Start();
            foreach (var parts in ReplayChains.Read(chain))
            {
                Derive(parts, queue);
            }
        }
        catch
        {
            _cancel.Cancel();
            throw;
        }
        finally
        {
            queue.CompleteAdding();
            try
            {
                deciding.GetAwaiter().GetResult();
            }
            catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
            {
                // The other thread's failure is told.
            }
        }

        return _left;
    }

    public void Dispose()
    {
        foreach (var back in _back)
        {
            back?.Dispose();
        }

        _source.Dispose();
        _models.Dispose();
        _engine.Dispose();
        _policy.Dispose();
        foreach (var blocks in _blocks.Values)
        {
            blocks.Dispose();
        }

        _woken.Dispose();
        _cancel.Dispose();
    }

    private void Start()
    {
        _source.Start(() => _woken.Set(), Failed);
        // Those of other regions come later than the own ones.
        while (_source.Readers.Count < _world.Logs.Count)
        {
            Wait();
        }

        _readers = [.. _source.Readers.Select(reader => new BoundedReader(reader))];
        _back = new TakenBack?[_world.Logs.Count];
        foreach (var reader in _readers.Where(reader => _world.Range.Start[reader.LogIndex] > 0 && !_world.Logs.IsPolicy(reader.LogIndex)))
        {
            _goneBeforeMs = Math.Max(_goneBeforeMs, FirstTimeOf(reader));
        }
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

    private void Failed(Exception failure)
    {
        Volatile.Write(ref _failure, failure);
        _woken.Set();
    }

    private void Wait()
    {
        _woken.WaitOne(LookInterval);
        RequireGoingOn();
    }

    private void RequireGoingOn()
    {
        _cancel.Token.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
    }

    private PaymentBatch Rent()
    {
        while (true)
        {
            if ((Interlocked.Exchange(ref _spare, null) ?? _engine.Pool.TryRent()) is { } batch)
            {
                return batch;
            }

            Wait();
        }
    }

    private void Derive(ReplayChains.Part[] parts, BlockingCollection<Folded> queue)
    {
        RequireGoingOn();
        var verdicts = new List<RecordedVerdict>();
        byte[] vector = [];
        foreach (var (partition, place) in parts)
        {
            if (!_blocks.TryGetValue(partition, out var blocks))
            {
                _blocks.Add(partition, blocks = _world.Decisions.Open(partition));
            }

            vector = blocks.ReadAt(place, verdicts);
        }

        var script = ReplayedBatch.Read(vector, _world.Logs, out _);
        for (var logIndex = 0; logIndex < script.Next.Length; logIndex++)
        {
            if (_engine.State.Vector[logIndex] > script.Next[logIndex])
            {
                // Where offsets have gaps, how far a batch came is known only now.
                _left.Add(parts);
                return;
            }
        }

        FoldUpTo(script);
        var batch = Rent();
        Take(script, batch);
        var byPlace = new Dictionary<(int, long), RecordedVerdict>(verdicts.Count);
        foreach (var verdict in verdicts)
        {
            byPlace[(LogOf(verdict), verdict.Offset)] = verdict;
        }

        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            batch.Decide[rowIndex] = byPlace.ContainsKey((batch.LogIndex[rowIndex], batch.Offset[rowIndex]));
        }

        try
        {
            Fold(batch);
        }
        catch (StageFailedException e) when (e.InnerException is StateAheadException)
        {
            _world.Missing.Add("what it was decided from is further back than lateness by now, where its partition was taken over", verdicts.Count);
            _engine.Pool.Return(batch);
            return;
        }

        queue.Add(new Folded(batch, byPlace, _engine.PolicyChanges?.Unapplied), _cancel.Token);
    }

    private int LogOf(RecordedVerdict verdict) => _world.Logs.IndexOf(new LogId(_world.Topology.Region, _world.Topology.Home.Payments, verdict.Partition));

    /// <summary>Folds what no recorded batch brought: labels, other processes' payments.</summary>
    private void FoldUpTo(ReplayedBatch script)
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

        // One for each stretch: it begins as a process does that catches up, and waits for each log.
        var merge = new LogMerge(TimeProvider.System, TimeSpan.FromDays(1)) { Gate = _engine.PolicyChanges };
        while (!Array.TrueForAll(_readers, reader => reader.IsAtEnd))
        {
            var batch = Rent();
            if (merge.Fill(batch, _readers) == MergeOutcome.Filled)
            {
                batch.Decide.AsSpan(0, batch.RowCount).Clear();
                Fold(batch);
                _engine.Pool.Return(batch);
            }
            else
            {
                _spare = batch;
                Wait();
            }
        }
    }

    private void Fold(PaymentBatch batch)
    {
        _engine.Coverage.Stamp(batch);
        _fold.ForEach(step => step.Run(batch));
    }

    private void Take(ReplayedBatch script, PaymentBatch batch)
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
        if (_back[logIndex] is not { } back || !(back.Reader.Taken <= first && back.Reader.TryPeek(out _) && back.Reader.NextOffset >= first) || back.Reader.Taken == 0)
        {
            _back[logIndex]?.Dispose();
            _back[logIndex] = back = OpenBack(logIndex, first, end);
        }

        var rows = batch.RowCount;
        back.Reader.Bound = end;
        var taken = Take(back.Reader, batch, rowsMax);
        // It is the only log of its table.
        batch.LogIndex.AsSpan(rows, taken).Fill(logIndex);
        return taken;
    }

    private TakenBack OpenBack(int logIndex, long first, long end)
    {
        var logs = new LogTable([(_world.Logs[logIndex], _world.Logs.KindOf(logIndex))]);
        var source = RecordedLogs.SourceOf(_world.Topology, logs, new LogRange([first], [end], long.MinValue, long.MaxValue) { Written = [end] }, _world.Logger);
        source.Start(() => _woken.Set(), Failed);
        while (source.Readers.Count == 0)
        {
            Wait();
        }

        return new TakenBack(source, new BoundedReader(source.Readers[0]));
    }

    private void Decide(BlockingCollection<Folded> queue)
    {
        try
        {
            foreach (var (batch, verdicts, unapplied) in queue.GetConsumingEnumerable(_cancel.Token))
            {
                Decide(batch, verdicts, unapplied);
                _engine.Pool.Return(batch);
                _progress(verdicts.Count);
            }
        }
        catch
        {
            _cancel.Cancel();
            throw;
        }
    }

    private void Decide(PaymentBatch batch, Dictionary<(int Log, long Offset), RecordedVerdict> verdicts, string? unapplied)
    {
        var parts = ((Policy)batch.Policy!).Parts;
        var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
        var firsts = new (int, long)[rows.Length];
        var why = new string?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var rowIndex = rows[i];
            firsts[i] = (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]);
            // Decided as if it were the first: which decision it repeats is for the comparison.
            (batch.FirstSequence[rowIndex], batch.FirstOffset[rowIndex]) = (-1, --_noPlace);
        }

        foreach (var step in _decide)
        {
            if (step.Thread == StepThread.Lanes)
            {
                step.Run(batch);
                SetRecorded(batch, rows, verdicts, parts, why);
            }
            else
            {
                step.Run(batch);
            }
        }

        _models.EndBatch();
        var id = _policy.IdOf(parts, batch.Lists);
        for (var i = 0; i < rows.Length; i++)
        {
            verdicts.Remove((batch.LogIndex[rows[i]], batch.Offset[rows[i]]), out var verdict);
            why[i] ??= IsPastGone(verdict!) ? "what its features look back to is gone from the logs (retention)" : null;
            why[i] ??= unapplied is not null && verdict!.Policy != id && !_world.Changes.Any ? $"the policy that decided it cannot be had here: {unapplied}" : null;
            if (why[i] is { } reason)
            {
                _world.Missing.Add(reason);
            }
            else
            {
                _comparison.Add(batch, rows[i], verdict!, id, parts.Rules?.File.Rules ?? [], firsts[i]);
            }
        }

        if (verdicts.Count > 0)
        {
            _world.Missing.Add("its record is not where the vector of its batch says, or this topology refuses it", verdicts.Count);
        }
    }

    private bool IsPastGone(RecordedVerdict verdict) =>
        _goneBeforeMs != long.MinValue && (_world.Features.Reach is not { } reach || verdict.EventTimeMs - (long)reach.TotalMilliseconds < _goneBeforeMs);

    /// <summary>What depended on the moment is as it was: which model had the time to score, and
    /// which shadow answered.</summary>
    private void SetRecorded(PaymentBatch batch, ReadOnlySpan<int> rows, Dictionary<(int Log, long Offset), RecordedVerdict> verdicts, PolicyParts parts, string?[] why)
    {
        var models = parts.Models;
        for (var i = 0; i < rows.Length; i++)
        {
            var verdict = verdicts[(batch.LogIndex[rows[i]], batch.Offset[rows[i]])];
            why[i] = _world.Changes.HasModel || verdict.IsRepeat ? null : _models.Score(batch, rows[i], verdict, models);
            for (var shadow = 0; shadow < parts.Shadows.Models.Count; shadow++)
            {
                batch.Shadows.Column(shadow)[rows[i]] = verdict.Shadows.FirstOrDefault(given => given.Model == parts.Shadows.Models[shadow].Id)?.Probability ?? double.NaN;
            }
        }
    }
}
