using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Identity;

namespace StreamScoring.State;

/// <summary>
/// Works out of a batch what tells a retry from another payment of the same id: amount, currency
/// and the entity ids of
/// <see cref="TextFields.ContentIds"/>. All else a publisher may stamp anew. For one thread.
/// </summary>
internal sealed class PaymentContents(IdentityHash identity)
{
    private readonly UInt128[][] _hashes = new UInt128[TextFields.ContentIds.Count][];
    private readonly UInt128[] _ids = new UInt128[TextFields.ContentIds.Count];

    /// <summary>Takes up a batch whose ids are hashed.</summary>
    public void Begin(PaymentBatch batch)
    {
        for (var i = 0; i < _hashes.Length; i++)
        {
            _hashes[i] = batch.Text(TextFields.ContentIds[i]).Hash;
        }
    }

    /// <param name="rowIndex">A payment of the batch.</param>
    public ulong Of(PaymentBatch batch, int rowIndex)
    {
        for (var i = 0; i < _ids.Length; i++)
        {
            _ids[i] = _hashes[i][rowIndex];
        }

        return identity.OfContent(batch.AmountMinor[rowIndex], CurrencyTable.NumberOf(batch.CurrencyIndex[rowIndex]), _ids);
    }
}
