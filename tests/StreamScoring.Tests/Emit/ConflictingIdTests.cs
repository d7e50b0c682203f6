using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.State;

namespace StreamScoring.Tests.Emit;

/// <summary>
/// What is written of payments that share an id: each is decided, and operators are told once.
/// </summary>
public sealed class ConflictingIdTests
{
    private const string Hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly FeatureFile Features = FeatureFiles.Parse("f", "version: 1\nfeatures:\n  - {name: f, entity: card_id, aggregate: count, window: 10s}\n");

    private static readonly Payment First = SamplePayment.Full with { EventTimeMs = TestBatch.LogTimestampMs };

    private static readonly Payment Another = First with { AmountMinor = 9_999_999_900 };

    [Fact]
    public void Each_has_a_decision_and_the_later_one_a_dead_letter_beside_it_that_names_both()
    {
        var batch = Decide(First, Another, Another, First);
        var (decisions, letters) = Written(batch);
        Assert.Equal([0L, 1, 2, 3], decisions.Select(decision => decision.Source.Offset));
        Assert.Equal(["", "conflicting_id", "conflicting_id,duplicate", "duplicate"], decisions.Select(decision => string.Join(',', decision.Flags.Where(flag => flag != "late").Order())));
        var letter = Assert.Single(letters);
        Assert.Equal(("conflicting_id", "payment_id", 1L, 0L), (letter.Reason, letter.Field, letter.Source.Offset, letter.ConflictsWith!.Value.Offset));
        Assert.False(letter.IsRefusal);
        Assert.Contains("\"amount_minor\":9999999900", letter.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_has_one_answer_whatever_stands_beside_it()
    {
        var batch = Decide(First, Another, null);
        var progress = new PipelineProgress();
        progress.Took(batch);
        progress.Acknowledged(batch);
        Assert.Equal((2L, 1L, 0L), (progress.Decided, progress.DeadLettered, progress.Folded));
    }

    [Fact]
    public void A_card_number_in_an_exempt_field_of_such_a_payment_is_masked()
    {
        var limits = new IngestLimits { CardNumberFieldsIgnored = new HashSet<string> { "channel" } };
        var (_, letters) = Written(Decide(limits, Json(1), Json(2)));
        Assert.True(letters.Single().IsRedacted);
        Assert.DoesNotContain("4111111111111111", letters.Single().Value, StringComparison.Ordinal);

        static byte[] Json(long amount) => Encoding.UTF8.GetBytes(
            $$"""{"payment_id":"p","event_time":{{TestBatch.LogTimestampMs}},"amount_minor":{{amount}},"currency":"EUR","card_id":"c","channel":"4111111111111111"}""");
    }

    private static PaymentBatch Decide(params Payment?[] payments) =>
        Decide(new IngestLimits(), [.. payments.Select(payment => payment is null ? "nothing"u8.ToArray() : SamplePayment.Encode(payment))]);

    private static PaymentBatch Decide(IngestLimits limits, params byte[][] records)
    {
        var batch = new PaymentBatch(Features.Layout, records.Length, 1024);
        for (var i = 0; i < records.Length; i++)
        {
            batch.Append(TestBatch.Payments, i, TestBatch.LogTimestampMs, decide: true, records[i], limits.RecordBytesMax);
        }

        new RecordDecoder(Features.Layout, limits, TestBatch.Logs).Decode(batch);
        new FoldedState(Features, TestBatch.Logs, IdempotencyOptions.Default).Enrich(batch);
        new Decider(new RiskThresholds(), new FirstDecisions(1000), budgetMs: 1000, [Rung.Full]).Decide(batch);
        var stamp = new DecisionStamp(Hash, null, Hash, Features.Schema.Names, 1000);
        new BatchEncoder(TestBatch.Logs, new DeadLetterEncoder(TestBatch.Logs), meters: null).Encode(batch, new DecisionEncoder(stamp, [new ModelStamp("m", Hash, "e", "champion")], 0, Hash, TestBatch.Logs, TimeProvider.System));
        return batch;
    }

    private static (List<DecisionRecord> Decisions, List<DeadLetter> Letters) Written(PaymentBatch batch)
    {
        var (decisions, letters) = (new List<DecisionRecord>(), new List<DeadLetter>());
        foreach (var record in batch.Encoded.Records)
        {
            var value = batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray();
            if (record.IsDeadLetter)
            {
                letters.Add(DeadLetterJson.Read(value));
            }
            else
            {
                decisions.Add(DecisionMessagePack.Read(value));
            }
        }

        return (decisions, letters);
    }
}
