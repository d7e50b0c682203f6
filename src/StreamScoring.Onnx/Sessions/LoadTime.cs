using System.Runtime.ExceptionServices;
using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Sessions;

/// <summary>
/// Loads a model within its time. Loading runs foreign code over foreign data: a graph may loop for
/// ever. It has a thread of its own, so that even an operator that cannot be ended keeps nobody.
/// </summary>
internal static class LoadTime
{
    /// <summary>What was told to end may need to come to the end of an operator.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="load">Is told when its time is over.</param>
    /// <exception cref="Configuration.InvalidInputFileException">The model cannot be served, or did
    /// not load in time.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static OnnxModel Within(string path, ModelLoadOptions options, Func<CancellationToken, OnnxModel> load)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(options.Cancel);
        var loading = new TaskCompletionSource<OnnxModel>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                loading.SetResult(load(ended.Token));
            }
            catch (Exception e)
            {
                loading.SetException(e);
            }
        })
        { IsBackground = true, Name = "model load" };
        thread.Start();
        if (!IsDone(loading.Task, options.LoadMax, options.Cancel))
        {
            ended.Cancel();
            if (!IsDone(loading.Task, Patience, CancellationToken.None))
            {
                // Should it ever come to an end, nobody wants it.
                loading.Task.ContinueWith(late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
                throw TookTooLong(path, options, innerException: null);
            }
        }

        return loading.Task.Exception?.InnerException is { } failure ? throw Translated(path, options, failure, ended.IsCancellationRequested) : loading.Task.Result;
    }

    private static bool IsDone(Task loading, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            return Task.WaitAny([loading], (int)Math.Min(patience.TotalMilliseconds, int.MaxValue), cancel) == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static Exception Translated(string path, ModelLoadOptions options, Exception failure, bool isOver)
    {
        if (isOver && failure is ModelFailedException or OnnxRuntimeException or OperationCanceledException)
        {
            return TookTooLong(path, options, failure);
        }

        if (failure is ModelFailedException failed)
        {
            return ModelRefused.Because(path, failed.Reason, failed);
        }

        ExceptionDispatchInfo.Throw(failure);
        return failure;
    }

    private static Exception TookTooLong(string path, ModelLoadOptions options, Exception? innerException) =>
        options.Cancel.IsCancellationRequested ? new OperationCanceledException($"{path}: loading was given up", innerException, options.Cancel)
        : ModelRefused.Because(path, $"did not load within {options.LoadMax.TotalSeconds:0.###} s and was given up: its graph may loop; if it is only slow, raise models.loadMax of the topology, or --time-max", innerException);
}
