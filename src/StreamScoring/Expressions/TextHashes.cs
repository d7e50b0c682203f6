using StreamScoring.Batches;
using StreamScoring.Identity;

namespace StreamScoring.Expressions;

/// <summary>The hashes of a text's rows, by which lists are looked up.</summary>
/// <param name="round">Where several look-ups share them: made once in each round.</param>
/// <param name="hashing">The lists' own.</param>
internal sealed class TextHashes(Expression operand, EvaluationRound? round, IdentityHash hashing)
{
    private UInt128[] _hashes = [];
    private long _madeIn;

    public IdentityHash Hashing => hashing;

    /// <returns>[rows] 0 where the text is missing.</returns>
    public ReadOnlySpan<UInt128> Of(PaymentBatch batch)
    {
        if (_hashes.Length < batch.RowCount)
        {
            _hashes = new UInt128[batch.RowsMax];
        }
        else if (round is not null && _madeIn == round.Number)
        {
            return _hashes;
        }

        _madeIn = round?.Number ?? 0;
        var values = operand.Texts(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            _hashes[rowIndex] = hashing.Of(values[rowIndex]);
        }

        return _hashes;
    }
}
