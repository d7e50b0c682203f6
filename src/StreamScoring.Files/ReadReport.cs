namespace StreamScoring.Files;

/// <summary>Counts rows that several threads read.</summary>
/// <param name="progress">Told now and then; null: nobody asks.</param>
internal sealed class ReadReport(Action<long>? progress, CancellationToken cancel)
{
    private const int Interval = 0x10000;

    private long _rowCount;

    /// <exception cref="OperationCanceledException">Reading was given up.</exception>
    public void Row()
    {
        var count = Interlocked.Increment(ref _rowCount);
        if (count % Interval == 0)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke(count);
        }
    }
}
