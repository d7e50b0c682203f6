using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Telemetry;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Telemetry;

public sealed class CurrencyWatchTests
{
    private const string Yaml =
        """
        version: 1
        features:
          - {name: amount_major, expression: amount}
          - {name: count, entity: card_id, aggregate: count, window: 10s}
          - {name: sum, entity: card_id, aggregate: sum, of: amount, window: 10s}
          - {name: euros, entity: card_id, aggregate: sum, of: amount, window: 10s, where: currency == "EUR"}
          - {name: score, entity: card_id, aggregate: zscore, of: amount, window: 10s}
        """;

    [Fact]
    public void Features_that_take_amounts_of_several_currencies_together_are_named_once()
    {
        var notices = new List<string>();
        var watch = new CurrencyWatch(FeatureFiles.Parse("f", Yaml), new TextLogger(notices.Add));
        watch.Look(Batch("EUR", "EUR"));
        watch.Look(Batch("EUR"));
        Assert.Empty(notices);
        watch.Look(Batch("EUR", "JPY"));
        watch.Look(Batch("USD"));
        Assert.Contains("in EUR and in JPY, and these features take their amounts together as they are: sum, score.", Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Features_that_take_no_amounts_together_are_fine_with_any_currency()
    {
        var watch = new CurrencyWatch(FeatureFiles.Parse("f", string.Join('\n', Yaml.Split('\n').Where(line => !line.Contains("name: s", StringComparison.Ordinal)))), new TextLogger(Assert.Fail));
        watch.Look(Batch("EUR", "JPY"));
    }

    private static PaymentBatch Batch(params string[] currencies)
    {
        var batch = new PaymentBatch(TestBatch.Layout, currencies.Length, 64);
        for (var i = 0; i < currencies.Length; i++)
        {
            batch.Append(TestBatch.Payments, i, 0, decide: true, [1], int.MaxValue);
            Assert.True(CurrencyTable.TryFind(System.Text.Encoding.UTF8.GetBytes(currencies[i]), out batch.CurrencyIndex[i]));
            batch.Kind[i] = RowKind.Payment;
        }

        return batch;
    }
}
