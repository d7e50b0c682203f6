using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Tests.Capacity;

/// <summary>
/// A state that was really filled: cards that differ in how often they pay as an exponential
/// distribution does, for three times as long as anything is in sight.
/// </summary>
internal sealed class FilledState
{
    private const int BatchRows = 256;
    private const long StartMs = 1_700_000_000_000;

    private readonly FeatureEngine _engine;
    private long _timeMs = StartMs;

    /// <param name="cards">Of which many are not in sight where they pay seldom.</param>
    /// <param name="paymentsInSight">Of a card, in the mean.</param>
    public FilledState(FeatureFile file, int cards, double paymentsInSight)
    {
        _engine = new FeatureEngine(file);
        var inSightMs = file.Layouts()[0].RetentionMs;
        var random = new Random(7);
        var upTo = new double[cards];
        for (var card = 0; card < cards; card++)
        {
            upTo[card] = (card == 0 ? 0 : upTo[card - 1]) - Math.Log(1 - random.NextDouble());
        }

        var hashes = Enumerable.Range(0, cards).Select(card => IdentityHash.Development.Of(BitConverter.GetBytes(card))).ToArray();
        var batch = NewBatch(file.Layout);
        var payments = (long)(3 * cards * paymentsInSight);
        for (var payment = 0L; payment < payments;)
        {
            for (var row = 0; row < BatchRows; row++, payment++)
            {
                _timeMs = StartMs + (long)(payment * (inSightMs / (cards * paymentsInSight)));
                var at = Array.BinarySearch(upTo, random.NextDouble() * upTo[^1]);
                batch.Text(TextField.CardId).Hash[row] = hashes[Math.Min(at < 0 ? ~at : at, cards - 1)];
                batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(payment));
                batch.EventTimeMs[row] = batch.WatermarkMs[row] = _timeMs;
                batch.AmountMinor[row] = random.Next(10_000);
            }

            _engine.Enrich(batch);
        }
    }

    public double Bytes => _engine.Sizes.Sum(size => size.Bytes);

    public double Keys => _engine.Sizes.Sum(size => size.Keys);

    /// <summary>What the keys take in a snapshot.</summary>
    public long SnapshotBytes()
    {
        var bytes = 0L;
        _engine.BeginSweep(chunk => bytes += chunk.Images.Length, _timeMs);
        Assert.True(_engine.StepSweep(long.MaxValue));
        return bytes;
    }

    private static PaymentBatch NewBatch(BatchLayout layout)
    {
        var batch = new PaymentBatch(layout, BatchRows, 1024);
        for (var row = 0; row < BatchRows; row++)
        {
            batch.Append(logIndex: 0, offset: 0, logTimestampMs: 0, decide: false, [], valueBytesMax: 0);
        }

        Assert.True(CurrencyTable.TryFind("EUR"u8, out var currency));
        batch.CurrencyIndex.AsSpan().Fill(currency);
        batch.Kind.AsSpan().Fill(RowKind.Payment);
        return batch;
    }
}
