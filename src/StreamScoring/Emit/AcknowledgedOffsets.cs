using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Emit;

/// <summary>
/// How far each log is decided and acknowledged. It is told batch by batch, in stream order, and
/// never goes back.
/// </summary>
internal sealed class AcknowledgedOffsets(LogTable logs)
{
    private readonly long[] _next = new long[logs.Count];
    private readonly int[] _count = new int[logs.Count];

    /// <summary>Notes an acknowledged batch and tells the source, once per log.</summary>
    public void Note(PaymentBatch batch, ILogSource source)
    {
        Array.Clear(_count);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Decide[rowIndex])
            {
                var logIndex = batch.LogIndex[rowIndex];
                Invariant.Require(batch.Offset[rowIndex] >= _next[logIndex]);
                _next[logIndex] = batch.Offset[rowIndex] + 1;
                _count[logIndex]++;
            }
        }

        for (var logIndex = 0; logIndex < _count.Length; logIndex++)
        {
            if (_count[logIndex] > 0)
            {
                source.Acknowledged(logIndex, _next[logIndex], _count[logIndex]);
            }
        }
    }
}
