using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Sessions;

/// <summary>
/// The calls of one lane, one after another, of which each ends: <see cref="CallWatch"/> ends one
/// that takes too long, between two nodes of the graph or two rounds of a loop. Two interlocked
/// writes a call; no lock, no allocation.
/// </summary>
internal sealed class WatchedCall : IDisposable
{
    /// <summary>
    /// Stand for a time in <see cref="_until"/>, which is otherwise when the running call is over
    /// its time.
    /// </summary>
    private const long Idle = 0, Ending = -1, Ended = -2;

    private readonly OnnxSession _session;
    private long _until;
    private long _begun;
    private volatile bool _isStopped;

    public WatchedCall(OnnxSession session)
    {
        _session = session.Share();
        CallWatch.Add(this);
    }

    public InferenceSession Session => _session.Inner;

    /// <summary>Those of every call between <see cref="Begin"/> and <see cref="End"/>.</summary>
    public RunOptions Options { get; } = new();

    private bool IsStopped => _isStopped || _session.IsStopped;

    /// <exception cref="ModelFailedException">It was stopped.</exception>
    public void Begin(int rowCount)
    {
        if (IsStopped)
        {
            throw Failed(innerException: null);
        }

        _begun = Stopwatch.GetTimestamp() + (long)(_session.CallMaxOf(rowCount).TotalSeconds * Stopwatch.Frequency);
        Interlocked.Exchange(ref _until, _begun);
    }

    /// <summary>What to throw for an error of the engine, before <see cref="End"/>.</summary>
    public ModelFailedException Failed(Exception? innerException)
    {
        if (Volatile.Read(ref _until) is not (Ending or Ended) && !(innerException is null && IsStopped))
        {
            return new ModelFailedException(_session.Path, ModelFailureKind.Failed, ModelRefused.FirstLine(innerException?.Message ?? "failed"), innerException);
        }

        return IsStopped
            ? new ModelFailedException(_session.Path, ModelFailureKind.Stopped, "its call was ended, as nobody waits for it any more", innerException)
            : new ModelFailedException(
                _session.Path, ModelFailureKind.TimedOut, $"a call took longer than {_session.CallMax.TotalSeconds:0.###} s (one of a single row an eighth of it) and was ended; does its graph loop?", innerException);
    }

    public void End()
    {
        if (Interlocked.CompareExchange(ref _until, Idle, _begun) == _begun)
        {
            return;
        }

        // The watch is about to end it, or has: the next call must not be met by that.
        var spin = new SpinWait();
        while (Volatile.Read(ref _until) == Ending)
        {
            spin.SpinOnce();
        }

        Options.Terminate = false;
        Volatile.Write(ref _until, Idle);
    }

    /// <summary>From any thread.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>By the watch.</summary>
    public void EndIfOver(long now)
    {
        var until = Volatile.Read(ref _until);
        if (until > Idle && (now >= until || IsStopped) && Interlocked.CompareExchange(ref _until, Ending, until) == until)
        {
            Options.Terminate = true;
            Volatile.Write(ref _until, Ended);
        }
    }

    public void Dispose()
    {
        CallWatch.Remove(this);
        Options.Dispose();
        _session.Dispose();
    }
}
