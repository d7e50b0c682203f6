using System.Collections.Concurrent;
using StreamScoring.Batches;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.Telemetry;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Derives the batches of a chain again, with the engine's steps: one thread folds the logs up to
/// where a batch's vector says that the state was, and then the batch itself; another one decides
/// and compares.
/// </summary>
internal sealed class ChainReplay : IDisposable
{
    private const int BetweenThreadsMax = 8;

    private const string TooLate = "it came too late for what its state held, in a partition that was taken over";

    private readonly ReplayWorld _world;
    private readonly ReplayChains.Chain _chain;
    private readonly ReplayComparison _comparison;
    private readonly Action<int> _progress;
    private readonly CancellationTokenSource _cancel;
    private readonly ReplayPolicy _policy;
    private readonly RecordedModels _models;
    private readonly VectorFold _fold;
    private readonly Dictionary<int, DecisionBlocks> _blocks = [];
    private readonly List<ReplayChains.Part[]> _left = [];

    /// <summary>A batch was folded in part.</summary>
    private bool _isSpoilt;

    /// <summary>By the thread that decides: a place where nothing lies.</summary>
    private long _noPlace = -1;

    /// <param name="progress">Told how many payments were decided since it was told before.</param>
    public ChainReplay(ReplayWorld world, ReplayChains.Chain chain, ReplayComparison comparison, Action<int> progress, CancellationToken cancel)
    {
        (_world, _chain, _comparison, _progress) = (world, chain, comparison, progress);
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _policy = new ReplayPolicy(world.Topology, world.Features, world.Changes, world.Published, cancel);
        _models = new RecordedModels(world.Topology, world.Features, cancel);
        var first = ReplayedBatch.Read(Read(ReplayChains.Read(chain).First(), []), world.Logs, out _);
        _fold = new VectorFold(world.Topology, world.Features, world.Logs, world.Range, ReplayStart.Before(world, first), _policy, world.Logger, _cancel.Token);
    }

    /// <summary>A batch on its way from one thread to the other.</summary>
    /// <param name="Unapplied">Why the policy is not what the log says; null where it is.</param>
    private readonly record struct Folded(PaymentBatch Batch, Dictionary<(int Log, long Offset), RecordedVerdict> Verdicts, string? Unapplied);

    /// <returns>Batches that it could not derive, as they do not follow those before
    /// them.</returns>
    public List<ReplayChains.Part[]> Run()
    {
        using var queue = new BlockingCollection<Folded>(BetweenThreadsMax);
        var deciding = Task.Factory.StartNew(() => Decide(queue), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Exception? failure = null;
        try
        {
            _fold.Start();
            foreach (var parts in ReplayChains.Read(_chain))
            {
                Derive(parts, queue);
            }
        }
        catch (Exception e)
        {
            failure = e;
            _cancel.Cancel();
        }

        queue.CompleteAdding();
        try
        {
            deciding.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (failure is not null)
        {
            // It was told to end.
        }

        return failure is null ? _left : throw failure;
    }

    public void Dispose()
    {
        _models.Dispose();
        _fold.Dispose();
        _policy.Dispose();
        foreach (var blocks in _blocks.Values)
        {
            blocks.Dispose();
        }

        _cancel.Dispose();
    }

    private void Derive(ReplayChains.Part[] parts, BlockingCollection<Folded> queue)
    {
        _fold.RequireGoingOn();
        var verdicts = new List<RecordedVerdict>();
        var script = ReplayedBatch.Read(Read(parts, verdicts), _world.Logs, out _);
        if (_isSpoilt || !_fold.CanReach(script))
        {
            // Where offsets have gaps, how far a batch came is known only now.
            _left.Add(parts);
            return;
        }

        _fold.FoldUpTo(script);
        var batch = _fold.Rent();
        _fold.Take(script, batch);
        var byPlace = new Dictionary<(int, long), RecordedVerdict>(verdicts.Count);
        foreach (var verdict in verdicts)
        {
            byPlace[(LogOf(verdict), verdict.Offset)] = verdict;
        }

        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            batch.Decide[rowIndex] = byPlace.ContainsKey((batch.LogIndex[rowIndex], batch.Offset[rowIndex]));
        }

        foreach (var rowIndex in _fold.RowsGone(batch))
        {
            batch.Decide[rowIndex] = false;
            byPlace.Remove((batch.LogIndex[rowIndex], batch.Offset[rowIndex]));
            _world.Missing.Add(TooLate);
        }

        try
        {
            _fold.Fold(batch);
        }
        catch (StageFailedException e) when (e.InnerException is StateAheadException)
        {
            // The batch itself took the place of what it decides. It is folded in part, so others
            // derive what comes behind it.
            _world.Missing.Add(TooLate, byPlace.Count);
            _isSpoilt = true;
            _fold.Engine.Pool.Return(batch);
            return;
        }

        queue.Add(new Folded(batch, byPlace, _fold.Engine.PolicyChanges?.Unapplied), _cancel.Token);
    }

    /// <returns>The vector of a batch.</returns>
    /// <param name="into">Its decisions are added.</param>
    private byte[] Read(ReplayChains.Part[] parts, List<RecordedVerdict> into)
    {
        byte[] vector = [];
        foreach (var (partition, place) in parts)
        {
            if (!_blocks.TryGetValue(partition, out var blocks))
            {
                _blocks.Add(partition, blocks = _world.Decisions.Open(partition));
            }

            vector = blocks.ReadAt(place, into);
        }

        return vector;
    }

    private int LogOf(RecordedVerdict verdict) => _world.Logs.IndexOf(new LogId(_world.Topology.Region, _world.Topology.Home.Payments, verdict.Partition));

    private void Decide(BlockingCollection<Folded> queue)
    {
        try
        {
            foreach (var (batch, verdicts, unapplied) in queue.GetConsumingEnumerable(_cancel.Token))
            {
                var count = verdicts.Count;
                Decide(batch, verdicts, unapplied);
                _fold.Engine.Pool.Return(batch);
                _progress(count);
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
        var (firsts, why) = (new (int, long)[rows.Length], new string?[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            firsts[i] = (batch.FirstLog[rows[i]], batch.FirstOffset[rows[i]]);
            // Decided as if it were the first: which decision it repeats is for the comparison.
            (batch.FirstSequence[rows[i]], batch.FirstOffset[rows[i]]) = (-1, --_noPlace);
        }

        foreach (var step in _fold.Deciding)
        {
            step.Run(batch);
            if (step.Thread == StepThread.Lanes)
            {
                SetRecorded(batch, rows, verdicts, parts, why);
            }
        }

        _models.EndBatch();
        var id = _policy.IdOf(parts, batch.Lists);
        for (var i = 0; i < rows.Length; i++)
        {
            verdicts.Remove((batch.LogIndex[rows[i]], batch.Offset[rows[i]]), out var verdict);
            if ((why[i] ?? WhyNot(verdict!, id, unapplied)) is { } reason)
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

    private string? WhyNot(RecordedVerdict verdict, string policy, string? unapplied) =>
        IsPastGone(verdict) ? "what its features look back to is gone from the logs (retention)"
        : unapplied is not null && verdict.Policy != policy && !_world.Changes.Any ? $"the policy that decided it cannot be had here: {unapplied}"
        : null;

    private bool IsPastGone(RecordedVerdict verdict) => _fold.GoneBeforeMs != long.MinValue
        && (_world.Features.Reach is not { } reach || verdict.EventTimeMs - (long)reach.TotalMilliseconds < _fold.GoneBeforeMs);

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
