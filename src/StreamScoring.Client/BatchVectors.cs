namespace StreamScoring.Client;

/// <summary>
/// Which vector is that of a decision's batch. Only the first decision that a batch writes to a
/// partition carries it. Two owners may write side by side for a moment, so those that follow are
/// told by the moments at which their batch was taken and decided.
/// </summary>
internal sealed class BatchVectors
{
    /// <summary>Batches of a former owner that may still be on their way.</summary>
    private const int Max = 16;

    private readonly List<(long ReceivedAtMs, long DecidedAtMs, ReadOnlyMemory<byte> Vector)> _newest = [];

    /// <summary>Notes a decision that carries one.</summary>
    public void Note(long receivedAtMs, long decidedAtMs, ReadOnlyMemory<byte> vector)
    {
        if (_newest.Count == Max)
        {
            _newest.RemoveAt(0);
        }

        _newest.Add((receivedAtMs, decidedAtMs, vector));
    }

    /// <returns>Empty where the first decision of the batch was not read.</returns>
    public ReadOnlyMemory<byte> Of(long receivedAtMs, long decidedAtMs)
    {
        for (var i = _newest.Count - 1; i >= 0; i--)
        {
            if (_newest[i].ReceivedAtMs == receivedAtMs && _newest[i].DecidedAtMs == decidedAtMs)
            {
                return _newest[i].Vector;
            }
        }

        return default;
    }
}
