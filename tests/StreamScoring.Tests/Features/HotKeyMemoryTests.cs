using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Tests.Features;

public sealed class HotKeyMemoryTests
{
    private const int BatchRows = 256, SpacingMs = 50, EventsMax = 2_000_000, EventsSettled = 400_000;

    [Fact]
    public void Two_million_events_of_one_key_take_no_more_memory_than_those_of_its_windows_tiles()
    {
        var file = FeatureFiles.Parse(
            "hot",
            """
            version: 1
            lateness: 1h
            features:
              - {name: count, entity: merchant_id, aggregate: count, window: 1h}
              - {name: cards, entity: merchant_id, aggregate: distinct, of: card_id, window: 1h}
              - {name: cards_ever, entity: merchant_id, aggregate: distinct, of: card_id, window: ever}
              - {name: sum_ever, entity: merchant_id, aggregate: sum, of: amount, window: ever}
              - {name: risk_ever, entity: merchant_id, aggregate: risk, window: ever}
            """);
        var engine = new FeatureEngine(file);
        var batch = NewBatch(file.Layout);
        var (bytes, number) = (0L, 0);
        while (number < EventsMax)
        {
            Fill(batch, ref number);
            // Folded and not read, but for the last.
            batch.DecideCount = number < EventsMax ? 0 : BatchRows;
            batch.Decide.AsSpan().Fill(number >= EventsMax);
            engine.Enrich(batch);
            // Both windows, and lateness, are behind by then: everything that comes, something goes
            // for.
            bytes = number >= EventsSettled && bytes == 0 ? engine.Bytes.Allocated : bytes;
            Assert.True(bytes == 0 || engine.Bytes.Allocated == bytes, $"{bytes} bytes at first, {engine.Bytes.Allocated} after {number} events");
        }

        Assert.InRange(engine.CountEvents(), 2048, 4096);
        Assert.Equal((double)number, batch.Features.Column(3)[BatchRows - 1]);
        Assert.InRange(batch.Features.Column(2)[BatchRows - 1], 400, 600);
        Assert.Equal(0, batch.Features.Column(4)[BatchRows - 1]);
        var (count, bound) = (batch.Features.Column(0)[BatchRows - 1], batch.Bounds.Column(0)[BatchRows - 1]);
        // Of the newer half of the window, those that are late have not come yet.
        Assert.InRange(Math.Abs(count - (3_600_000 / SpacingMs * 0.995)), 0, bound + 1);
        Assert.InRange(bound, 0, 3_600_000 / SpacingMs / 256);
    }

    /// <summary>Every hundredth payment is late by half an hour.</summary>
    private static void Fill(PaymentBatch batch, ref int number)
    {
        for (var row = 0; row < BatchRows; row++)
        {
            number++;
            var timeMs = 1_700_000_000_000 + ((long)number * SpacingMs);
            batch.WatermarkMs[row] = timeMs;
            batch.EventTimeMs[row] = number % 100 == 0 ? timeMs - 1_800_000 : timeMs;
            batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(number));
            batch.Text(TextField.CardId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(-1 - (number % 500)));
        }
    }

    private static PaymentBatch NewBatch(BatchLayout layout)
    {
        var batch = new PaymentBatch(layout, BatchRows, 1024);
        for (var row = 0; row < BatchRows; row++)
        {
            batch.Append(logIndex: 0, offset: 0, logTimestampMs: 0, decide: true, [], valueBytesMax: 0);
            batch.DecideRows[row] = row;
        }

        CurrencyTable.TryFind("EUR"u8, out var currency);
        batch.CurrencyIndex.AsSpan().Fill(currency);
        batch.Kind.AsSpan().Fill(RowKind.Payment);
        batch.AmountMinor.AsSpan().Fill(100);
        batch.Text(TextField.MerchantId).Hash.AsSpan().Fill(IdentityHash.Development.Of(Encoding.ASCII.GetBytes("m-1")));
        return batch;
    }
}
