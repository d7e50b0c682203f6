using StreamScoring.Batches;
using StreamScoring.Emit;

namespace StreamScoring.Tests.Graph;

/// <summary>A sink whose batches a test acknowledges or refuses one by one.</summary>
internal sealed class ManualSink : IDecisionSink
{
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _batches = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _batches.Count;
            }
        }
    }

    public void Acknowledge(int batchIndex) => Of(batchIndex).SetResult();

    public void Refuse(int batchIndex) => Of(batchIndex).SetException(new DeliveryFailedException("refused"));

    public void Cancel(int batchIndex) => Of(batchIndex).SetCanceled();

    public Task WriteAsync(PaymentBatch batch)
    {
        lock (_lock)
        {
            _batches.Add(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return _batches[^1].Task;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TaskCompletionSource Of(int batchIndex)
    {
        lock (_lock)
        {
            return _batches[batchIndex];
        }
    }
}
