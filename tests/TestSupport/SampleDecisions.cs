using System.Buffers;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.TestSupport;

/// <summary>Decisions as the pipeline would write them, made by hand.</summary>
public static class SampleDecisions
{
    public static DecisionRecord Of(DecisionSource source, string paymentId, string action = "allow", params string[] flags) => new()
    {
        Source = source,
        PaymentId = paymentId,
        EventTimeMs = 1_700_000_000_000,
        LogTimestampMs = 1_700_000_000_001,
        ReceivedAtMs = 1_700_000_000_002,
        DecidedAtMs = 1_700_000_000_003,
        Action = action,
        Score = 17,
        Level = "normal",
        Probability = 0.17,
        Raw = -1.5,
        Rung = "full",
        ModelName = "handbook",
        ModelVersion = "sha256:00",
        Engine = "test",
        Features = [new("amount", 12.5), new("country", "FR"), new("missing", null)],
        Rules = ["r1"],
        ShadowRules = ["s1", "s2"],
        Reasons = [new DecisionReason("amount", 12.5, 0.25, "the amount is high")],
        Shadow = [new ShadowScore("next", 0.5)],
        FeatureFile = "sha256:01",
        RuleFile = null,
        Config = "sha256:02",
        Flags = flags,
        StalenessSeconds = [new("us", 0.25)],
        TimingsMs = new DecisionTimings(1, 2, 3, 4, 10.5),
    };

    public static byte[] Json(DecisionRecord decision)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        DecisionJson.Write(writer, decision);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
