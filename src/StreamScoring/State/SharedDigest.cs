using System.Diagnostics.CodeAnalysis;
using StreamScoring.Batches;
using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>
/// A state's vector and digest for any number of askers. The whole state is copied and hashed for
/// it, so one copy is made at a time, which all share that ask meanwhile; it is given up when the
/// last of them is gone, and begun again where a snapshot went first. While nothing is folded the
/// last answer holds.
/// </summary>
public sealed class SharedDigest(FoldedState state, PipelineProgress progress)
{
    private readonly Lock _lock = new();
    private Copy? _running;
    private Copy? _last;

    /// <param name="cancel">This asker is gone.</param>
    /// <returns>The vector, by log, and the digest of one moment between two batches.</returns>
    public async Task<(IReadOnlyDictionary<LogId, long> Vector, UInt128 Digest)> GetAsync(CancellationToken cancel)
    {
        Copy copy;
        lock (_lock)
        {
            if (_last is { } last && progress.IsIdle && progress.Taken == last.TakenCount)
            {
                return last.Result.Result;
            }

            if (_running is null || _running.Result.IsCompleted)
            {
                // What was taken is folded where nothing is in flight; else the answer is good for
                // those who wait alone.
                _running = new Copy(state, progress.IsIdle ? progress.Taken : -1);
            }

            copy = _running;
            copy.AskerCount++;
        }

        try
        {
            var result = await copy.Result.WaitAsync(cancel);
            lock (_lock)
            {
                _last = copy;
            }

            return result;
        }
        finally
        {
            Leave(copy);
        }
    }

    private void Leave(Copy copy)
    {
        lock (_lock)
        {
            if (--copy.AskerCount > 0 || copy.Result.IsCompleted)
            {
                return;
            }

            _running = null;
        }

        copy.GiveUp();
    }

    [SuppressMessage("Design", "CA1001", Justification = "A source without a timer and without a wait handle holds nothing that has to be let go.")]
    private sealed class Copy
    {
        private readonly CancellationTokenSource _givenUp = new();

        public Copy(FoldedState state, long takenCount) => (TakenCount, Result) = (takenCount, MakeAsync(state, _givenUp.Token));

        /// <summary>
        /// Records taken when it was asked for, all of them folded; -1: some were not.
        /// </summary>
        public long TakenCount { get; }

        public int AskerCount { get; set; }

        public Task<(IReadOnlyDictionary<LogId, long> Vector, UInt128 Digest)> Result { get; }

        public void GiveUp() => _givenUp.Cancel();

        private static async Task<(IReadOnlyDictionary<LogId, long> Vector, UInt128 Digest)> MakeAsync(FoldedState state, CancellationToken cancel)
        {
            while (true)
            {
                try
                {
                    var (head, digest) = await state.DigestAsync(cancel).ConfigureAwait(false);
                    return (head.Vector, digest);
                }
                catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
                {
                    // It gave way to a snapshot.
                }
            }
        }
    }
}
