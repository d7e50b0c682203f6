using StreamScoring.Batches;
using StreamScoring.Features;

namespace StreamScoring.Training;

/// <summary>
/// Counts payments whose features are approximate: a table of features has no place for the flag
/// that a live decision has.
/// </summary>
/// <param name="placeOf">Where a payment stands in its file, by its number in order.</param>
internal sealed class ApproximateRows(FeatureFile features, Func<long, string> placeOf)
{
    private readonly (int Index, string Name)[] _attributes = [.. features.FoldedAttributes.Select(index => (index, features.Layout.AttributeNames[index]))];

    /// <summary>By feature: payments of which it is approximate.</summary>
    private readonly long[] _byFeature = new long[features.Schema.Names.Count];

    /// <summary>
    /// By attribute that folds: payments whose value is too large to, and where the first of them
    /// stands.
    /// </summary>
    private readonly (long Count, string? First)[] _tooLarge = new (long, string?)[features.FoldedAttributes.Count];

    private (long Count, string? First) _amountsTooLarge;
    private long _paymentCount, _boundedCount, _unboundedCount;
    private string? _first;

    public void Add(PaymentBatch batch, int rowIndex)
    {
        _paymentCount++;
        for (var i = 0; i < _attributes.Length; i++)
        {
            if (Math.Abs(batch.Attribute(_attributes[i].Index).Number[rowIndex]) > FeatureFile.FoldedAttributeMax)
            {
                _tooLarge[i] = (_tooLarge[i].Count + 1, _tooLarge[i].First ?? placeOf(batch.Offset[rowIndex]));
            }
        }

        if (features.UsesBaseAmount && Math.Abs(batch.AmountBase[rowIndex]) > FeatureFile.FoldedAmountMax)
        {
            _amountsTooLarge = (_amountsTooLarge.Count + 1, _amountsTooLarge.First ?? placeOf(batch.Offset[rowIndex]));
        }

        if (batch.IsApproximate[rowIndex])
        {
            AddApproximate(batch, rowIndex);
        }
    }

    /// <summary>One sentence for each thing that there is to say.</summary>
    public IEnumerable<string> Notices()
    {
        for (var i = 0; i < _attributes.Length; i++)
        {
            if (_tooLarge[i].Count > 0)
            {
                yield return $"{_tooLarge[i].First}: attributes.{_attributes[i].Name} lies beyond ±{FeatureFile.FoldedAttributeMax:N0} in {_tooLarge[i].Count:N0} payments, "
                    + "the first of them in time here; what is beyond counts as missing: give it in a larger unit";
            }
        }

        if (_amountsTooLarge.Count > 0)
        {
            yield return $"{_amountsTooLarge.First}: amount_base lies beyond {FeatureFile.FoldedAmountMax:N0} in {_amountsTooLarge.Count:N0} payments, "
                + "the first of them in time here; what is beyond counts as missing: are the rates right?";
        }

        if (_first is null)
        {
            yield break;
        }

        var names = features.Schema.Names.Where((_, i) => _byFeature[i] > 0);
        yield return $"{_first}: {_boundedCount + _unboundedCount:N0} of {_paymentCount:N0} payments have features that are approximate, "
            + $"the first of them in time here: {string.Join(", ", names)} (docs/features.md)"
            + (_boundedCount > 0 ? $"; {_boundedCount:N0} are estimates within bounds: raise exact_events (now {features.ExactEvents}) to have them exact" : "")
            + (_unboundedCount > 0 ? $"; of {_unboundedCount:N0} it is not known how far they are off: {UnboundedReason}" : "");
    }

    private string UnboundedReason => _tooLarge.Any(one => one.Count > 0) || _amountsTooLarge.Count > 0
        ? "their windows hold a value that is too large"
        : "their windows hold payments that came later than lateness allows, or that are no longer kept one by one: raise lateness or exact_events";

    private void AddApproximate(PaymentBatch batch, int rowIndex)
    {
        _first ??= placeOf(batch.Offset[rowIndex]);
        var isBounded = true;
        for (var i = 0; i < _byFeature.Length; i++)
        {
            var bound = batch.Bounds.Column(i)[rowIndex];
            _byFeature[i] += bound != 0 ? 1 : 0;
            isBounded &= !double.IsNaN(bound);
        }

        (_boundedCount, _unboundedCount) = isBounded ? (_boundedCount + 1, _unboundedCount) : (_boundedCount, _unboundedCount + 1);
    }
}
