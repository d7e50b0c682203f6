using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>
/// The offsets that go into a transaction with the decisions on them, and whether they may. What an
/// aborted transaction noted does not count. By one thread.
/// </summary>
public sealed class TransactionOffsets(LogTable logs)
{
    private readonly long[] _committed = new long[logs.Count];
    private readonly long[] _next = new long[logs.Count];
    private readonly List<LogOffset> _sent = [];

    /// <summary>What the transaction is to commit, once <see cref="Claim"/> was asked.</summary>
    public IReadOnlyList<LogOffset> Sent => _sent;

    /// <summary>
    /// A transaction begins. The one before it was committed, or counts for nothing.
    /// </summary>
    public void Begin() => _committed.CopyTo(_next, 0);

    /// <summary>The decisions on a batch go into the transaction.</summary>
    public void Note(PaymentBatch batch)
    {
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Decide[rowIndex])
            {
                // What is committed twice can be told from two payments by nobody.
                Invariant.Require(batch.Offset[rowIndex] >= _next[batch.LogIndex[rowIndex]]);
                _next[batch.LogIndex[rowIndex]] = batch.Offset[rowIndex] + 1;
            }
        }
    }

    /// <summary>
    /// Asks as whom the transaction may commit: first as which member, then whether each log may
    /// still be written.
    /// </summary>
    /// <remarks>
    /// In this order. A member of which this generation is the newest holds the partitions that it
    /// may write; had it lost one before, that is seen here, and if it loses one from here on, then
    /// only with the generation, which the coordinator knows.
    /// </remarks>
    /// <param name="membership">What a coordinator tells zombies by; null where the process is no
    /// member at the moment.</param>
    /// <param name="mayWrite">Asked by log index.</param>
    /// <returns>Null where the group does not know this process at the moment: the transaction is
    /// to be aborted and written again.</returns>
    /// <exception cref="DeliveryFailedException">What is written is another's by now.</exception>
    public TMembership? Claim<TMembership>(Func<TMembership?> membership, Func<int, bool> mayWrite)
        where TMembership : class
    {
        var member = membership();
        _sent.Clear();
        for (var logIndex = 0; logIndex < _next.Length; logIndex++)
        {
            if (_next[logIndex] == _committed[logIndex])
            {
                continue;
            }

            if (!mayWrite(logIndex))
            {
                throw new DeliveryFailedException($"{logs[logIndex]} was given up before all that was taken of it was written");
            }

            _sent.Add(new LogOffset(logIndex, _next[logIndex], ""));
        }

        return member;
    }

    /// <summary>The transaction is committed, and its offsets with it.</summary>
    public void Committed() => _next.CopyTo(_committed, 0);
}
