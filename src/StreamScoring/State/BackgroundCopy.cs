using System.Threading.Channels;
using StreamScoring.Features;

namespace StreamScoring.State;

/// <summary>
/// Hands a copy of the state to a consumer on another thread, by way of a bounded queue.
/// </summary>
/// <param name="givesWay">Whether it is given up for a copy that goes first: it then ends as
/// cancelled.</param>
/// <typeparam name="T">What the consumer makes of it.</typeparam>
internal sealed class BackgroundCopy<T>(FoldedState state, Func<StateHead, IEnumerable<SweepChunk>, T> consume, bool givesWay) : IStateReceiver
{
    /// <summary>
    /// Beyond the first the copying pauses, but for keys that are about to change; beyond the
    /// second it is given up.
    /// </summary>
    public const long BehindBytes = 64 << 20, BytesMax = 1L << 30;

    private readonly Channel<SweepChunk> _chunks = Channel.CreateUnbounded<SweepChunk>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _queuedBytes;

    public Task<T> Result => _result.Task;

    public bool IsBehind => Volatile.Read(ref _queuedBytes) > BehindBytes && !IsAbandoned;

    public bool IsAbandoned => _result.Task.IsCompleted;

    public bool TryGiveWay()
    {
        if (givesWay)
        {
            Abandon(CancellationToken.None);
        }

        return givesWay;
    }

    public void Begin(StateHead head) => Task.Factory.StartNew(() => Consume(head), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Take(SweepChunk chunk)
    {
        if (Interlocked.Add(ref _queuedBytes, chunk.Images.Length) > BytesMax)
        {
            _result.TrySetException(new IOException($"the state changes faster than its copy is written: {BytesMax >> 20} MiB wait"));
        }

        _chunks.Writer.TryWrite(chunk);
    }

    public void Complete() => _chunks.Writer.TryComplete();

    /// <summary>Ends it from outside; the consumer is told by an exception.</summary>
    public void Abandon(CancellationToken cancel)
    {
        _result.TrySetCanceled(cancel);
        _chunks.Writer.TryComplete();
    }

    private void Consume(StateHead head)
    {
        try
        {
            _result.TrySetResult(consume(head, Chunks()));
        }
        catch (Exception e)
        {
            _result.TrySetException(e);
        }
    }

    private IEnumerable<SweepChunk> Chunks()
    {
        while (!IsAbandoned && _chunks.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_chunks.Reader.TryRead(out var chunk))
            {
                yield return chunk;
                var left = Interlocked.Add(ref _queuedBytes, -chunk.Images.Length);
                if (left <= BehindBytes && left + chunk.Images.Length > BehindBytes)
                {
                    state.Requested?.Invoke();
                }
            }
        }

        if (IsAbandoned)
        {
            // Without it the consumer would take a part of the state for the whole.
            throw new OperationCanceledException("the copy was given up");
        }
    }
}
