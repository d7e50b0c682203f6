using System.Numerics;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Rules;

namespace StreamScoring.Training;

/// <summary>Counts decided payments rule by rule.</summary>
internal sealed class RuleCounts(IReadOnlyList<Rule> rules)
{
    private readonly long[] _hits = new long[rules.Count], _frauds = new long[rules.Count], _unique = new long[rules.Count];
    private readonly Dictionary<(int Rule, short Currency, bool IsFraud), Int128> _amounts = [];
    private readonly bool[] _isShadow = [.. rules.Select(rule => rule.IsShadow)];

    /// <param name="isFraud">Whether the row's payment is known to be fraud.</param>
    public void Add(PaymentBatch batch, int rowIndex, bool isFraud)
    {
        var fired = batch.Rules.Fired(rowIndex);
        var live = 0;
        for (var bits = new Bits(fired); bits.Next(out var rule);)
        {
            live += _isShadow[rule] ? 0 : 1;
        }

        for (var bits = new Bits(fired); bits.Next(out var rule);)
        {
            _hits[rule]++;
            _frauds[rule] += isFraud ? 1 : 0;
            _unique[rule] += isFraud && live == (_isShadow[rule] ? 0 : 1) ? 1 : 0;
            var key = (rule, batch.CurrencyIndex[rowIndex], isFraud);
            _amounts[key] = _amounts.GetValueOrDefault(key) + batch.AmountMinor[rowIndex];
        }
    }

    public IReadOnlyList<RuleTally> Tallies() => [.. rules.Select((rule, i) => new RuleTally(rule, _hits[i], _frauds[i], _unique[i], AmountsOf(i, isFraud: true), AmountsOf(i, isFraud: false)))];

    private SortedDictionary<string, Int128> AmountsOf(int rule, bool isFraud) => new(
        _amounts.Where(amount => amount.Key.Rule == rule && amount.Key.IsFraud == isFraud).ToDictionary(amount => CurrencyTable.CodeOf(amount.Key.Currency), amount => amount.Value), StringComparer.Ordinal);

    /// <summary>The places of the bits that are set.</summary>
    private ref struct Bits(ReadOnlySpan<ulong> words)
    {
        private readonly ReadOnlySpan<ulong> _words = words;
        private int _word = -1;
        private ulong _left;

        public bool Next(out int place)
        {
            while (_left == 0)
            {
                if (++_word == _words.Length)
                {
                    place = -1;
                    return false;
                }

                _left = _words[_word];
            }

            place = (_word * 64) + BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}
