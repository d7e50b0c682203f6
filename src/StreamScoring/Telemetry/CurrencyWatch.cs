using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Signals;

namespace StreamScoring.Telemetry;

/// <summary>
/// Says, once, that features add amounts of several currencies: a sum of euros and yen is no
/// amount. Used by the thread that decodes.
/// </summary>
internal sealed class CurrencyWatch(FeatureFile features, ILogger logger)
{
    private const short None = -1;

    private readonly string _adding = string.Join(", ", features.Features
        // A filter may be by currency.
        .Where(feature => feature.Expression is null && feature is { Filter: 0, Of.IsAmount: true } && IsOfAmounts(feature.Aggregate)).Select(feature => feature.Name));

    private short _currency = None;
    private bool _isOver;

    public void Look(PaymentBatch batch)
    {
        if (_isOver || _adding.Length == 0)
        {
            return;
        }

        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Kind[rowIndex] != RowKind.Payment || batch.CurrencyIndex[rowIndex] == _currency)
            {
                continue;
            }

            if (_currency == None)
            {
                _currency = batch.CurrencyIndex[rowIndex];
                continue;
            }

            _isOver = true;
            logger.CurrenciesAreAdded(CurrencyTable.CodeOf(_currency), CurrencyTable.CodeOf(batch.CurrencyIndex[rowIndex]), _adding);
            return;
        }
    }

    private static bool IsOfAmounts(Aggregate aggregate) =>
        aggregate is Aggregate.Sum or Aggregate.Mean or Aggregate.Min or Aggregate.Max or Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore or Aggregate.DecayedSum;
}
