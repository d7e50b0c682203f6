using System.Buffers;
using System.Text;
using System.Text.Json;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Ingest;

namespace StreamScoring.Tests.Emit;

public sealed class DecisionBoundsTests
{
    private static readonly string[] Names = ["count", "sum", "last"], Shadows = ["first@0", "second@0"];

    [Fact]
    public void An_approximate_decision_says_so_and_how_far_each_feature_may_be_off()
    {
        var decision = DecisionMessagePack.Read(Encode(batch =>
        {
            batch.MarkApproximate(0, 1, 2.5);
            batch.MarkApproximate(0, 2, double.NaN);
        }));
        Assert.Contains("approximate", decision.Flags);
        Assert.Equal([new("sum", 2.5), new("last", null)], decision.Bounds);
        using var json = JsonDocument.Parse(ToJson(decision));
        Assert.Equal("""{"sum":2.5,"last":null}""", json.RootElement.GetProperty("bounds").GetRawText());
    }

    [Fact]
    public void An_exact_decision_has_no_bounds_whatever_the_row_held_before()
    {
        var decision = DecisionMessagePack.Read(Encode(batch =>
        {
            batch.MarkApproximate(0, 1, 2.5);
            batch.IsApproximate[0] = false;
        }));
        Assert.DoesNotContain("approximate", decision.Flags);
        Assert.Empty(decision.Bounds);
        var again = DecisionMessagePack.Read(Encode(batch =>
        {
            batch.MarkApproximate(0, 1, 2.5);
            batch.IsApproximate[0] = false;
            batch.MarkApproximate(0, 0, 1);
        }));
        Assert.Equal([new("count", 1)], again.Bounds);
    }

    [Fact]
    public void Decisions_of_older_releases_are_read_without_what_came_since()
    {
        // The policy's 32 bytes, "thresholds" and "champion", each behind its length.
        const int sinceBounds = 34 + 11 + 9;
        var bytes = Encode(_ => { });
        // An array of up to 65,535 elements: the count is the third byte. The bounds are an empty
        // map of one byte.
        Assert.Equal((0xdc, 29, 0x80), (bytes[0], bytes[2], bytes[^(sinceBounds + 1)]));
        var second = bytes[..^sinceBounds];
        second[2] = 26;
        var read = DecisionMessagePack.Read(second);
        Assert.Equal((null, null, null), (read.Policy, read.DecidedBy, read.Role));
        var first = second[..^1];
        first[2] = 25;
        Assert.Empty(DecisionMessagePack.Read(first).Bounds);
    }

    [Fact]
    public void The_encoder_writes_every_field_of_the_table_in_its_place()
    {
        var compact = Encode(batch =>
        {
            (batch.Probability[0], batch.RawScore[0], batch.EventTimeMs[0]) = (0.25, -1.5, TestBatch.LogTimestampMs - 3);
            (batch.Clock.ReceivedAtMs, batch.Clock.DecidedAtMs) = (TestBatch.LogTimestampMs + 7, TestBatch.LogTimestampMs + 9);
            batch.MarkApproximate(0, 1, 2.5);
        });
        var decision = DecisionMessagePack.Read(compact);
        Assert.Equal(
            ("p-1", TestBatch.LogTimestampMs - 3, TestBatch.LogTimestampMs, TestBatch.LogTimestampMs + 7, TestBatch.LogTimestampMs + 9, 0.25, -1.5),
            (decision.PaymentId, decision.EventTimeMs, decision.LogTimestampMs, decision.ReceivedAtMs, decision.DecidedAtMs, decision.Probability, decision.Raw));
        Assert.Equal(("model", "engine", "thresholds", "champion"), (decision.ModelName, decision.Engine, decision.DecidedBy, decision.Role));
        Assert.Equal((7.0, 9.0), (decision.TimingsMs.Queued, decision.TimingsMs.Total));
        Assert.Equal(Names, decision.Features.Select(feature => feature.Key));

        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        DecisionTranscoder.ToJson(compact, writer);
        writer.Flush();
        Assert.Equal(Encoding.UTF8.GetString(ToJson(decision)), Encoding.UTF8.GetString(buffer.WrittenSpan));
        Assert.Equivalent(decision, DecisionJson.Read(buffer.WrittenMemory), strict: true);
        using var json = JsonDocument.Parse(buffer.WrittenMemory);
        Assert.Equal(DecisionFields.InJsonOrder.Select(field => field.Name), json.RootElement.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void By_a_schema_the_encoder_says_the_same_in_fewer_bytes()
    {
        var (inline, bySchema) = (Encode(Mark, Encoder(hasShadows: true)), Encode(Mark, Encoder(usesSchema: true, hasShadows: true)));
        var schema = Encoder(usesSchema: true, hasShadows: true).Schemas[0];
        Assert.Equal(schema.Id, DecisionMessagePack.SchemaIdOf(bySchema));
        Assert.Null(DecisionMessagePack.SchemaIdOf(inline));
        var expected = DecisionMessagePack.Read(inline);
        Assert.NotEmpty(expected.Reasons);
        Assert.NotEmpty(expected.Bounds);
        Assert.Equal([new ShadowScore("second@0", 0.375)], expected.Shadow);
        // Neither clock nor layout makes a difference but in the timings.
        Assert.Equivalent(expected with { TimingsMs = new DecisionTimings(0, 0, 0, 0, 0) }, DecisionMessagePack.Read(bySchema, _ => schema) with { TimingsMs = new DecisionTimings(0, 0, 0, 0, 0) }, strict: true);
        Assert.True(bySchema.Length < inline.Length - (3 * 33));

        static void Mark(PaymentBatch batch)
        {
            batch.MarkApproximate(0, 1, 2.5);
            batch.Features.Column(2)[0] = 0.125;
            batch.DecideBy(new NoPolicy(), Shadows.Length, reasonsMax: 2, ruleCount: 0);
            (batch.Shadows.Column(0)[0], batch.Shadows.Column(1)[0]) = (double.NaN, 0.375);
            batch.Reasons.Keep(0, [2, 0], [0.5, 0.25]);
        }
    }

    private sealed class NoPolicy : IBatchPolicy
    {
        public void Release()
        {
        }
    }

    private static DecisionEncoder Encoder(bool usesSchema = false, bool hasShadows = false)
    {
        const string hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
        var stamp = new DecisionStamp(hash, null, hash, Names, 1000) { FeatureTexts = ["how many", "how much", "the last one"], ShadowIds = hasShadows ? Shadows : [] };
        return new DecisionEncoder(stamp, [new ModelStamp("model", hash, "engine", "champion")], 0, hash, TestBatch.Logs, TimeProvider.System, usesSchema);
    }

    private static byte[] Encode(Action<PaymentBatch> mark, DecisionEncoder? encoder = null)
    {
        var layout = new BatchLayout(new HashSet<TextField> { TextField.PaymentId }, [], Names.Length);
        var batch = new PaymentBatch(layout, 1, 1024);
        batch.Append(
            TestBatch.Payments, 0, TestBatch.LogTimestampMs, decide: true,
            Encoding.UTF8.GetBytes("""{"payment_id":"p-1","event_time":1700000000000,"amount_minor":1,"currency":"EUR","card_id":"c-1"}"""), int.MaxValue);
        new RecordDecoder(layout, new IngestLimits(), TestBatch.Logs).Decode(batch);
        mark(batch);
        new Decider(new RiskThresholds(), new FirstDecisions(1), budgetMs: 1000, [Rung.Full]).Decide(batch);
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        (encoder ?? Encoder()).Encode(batch, 0, ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] ToJson(DecisionRecord decision)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            DecisionJson.Write(writer, decision);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
