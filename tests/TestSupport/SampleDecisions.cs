using System.Buffers;
using System.Text.Json;
using MessagePack;
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
        ModelVersion = Hash(0x00),
        Engine = "test",
        Features = [new("amount", 12.5), new("country", "FR"), new("missing", null)],
        Rules = ["r1"],
        ShadowRules = ["s1", "s2"],
        Reasons = [new DecisionReason("amount", 12.5, 0.25, "the amount is high")],
        Shadow = [new ShadowScore("next", 0.5)],
        FeatureFile = Hash(0x01),
        RuleFile = null,
        Config = Hash(0x02),
        Flags = flags,
        StalenessSeconds = [new("us", 0.25)],
        TimingsMs = new DecisionTimings(1, 2, 3, 4, 10.5),
        Policy = Hash(0x03),
        DecidedBy = "thresholds",
        Role = "champion",
    };

    /// <summary>A hash of the right length.</summary>
    public static string Hash(byte of) => "sha256:" + Convert.ToHexStringLower([.. Enumerable.Repeat(of, 32)]);

    public static byte[] Json(DecisionRecord decision)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        DecisionJson.Write(writer, decision);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The decision as it is on the wire: docs/wire-format.md. Hashes are 32 bytes in hexadecimal.
    /// </summary>
    /// <param name="schema">What the decision leaves to it (<see cref="SchemaOf"/>); null:
    /// nothing.</param>
    public static byte[] Compact(DecisionRecord decision, DecisionSchema? schema = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(DecisionMessagePack.Elements);
        writer.Write(schema is null ? DecisionMessagePack.InlineVersion : DecisionMessagePack.SchemaVersion);
        writer.WriteArrayHeader(decision.SourceTopicId is null ? 4 : 5);
        writer.Write(decision.Source.Region);
        writer.Write(decision.Source.Topic);
        writer.Write(decision.Source.Partition);
        writer.Write(decision.Source.Offset);
        if (decision.SourceTopicId is { } topicId)
        {
            writer.Write(topicId);
        }

        writer.Write(decision.PaymentId);
        writer.Write(decision.EventTimeMs);
        writer.Write(decision.LogTimestampMs);
        writer.Write(decision.ReceivedAtMs);
        writer.Write(decision.DecidedAtMs);
        writer.Write(decision.Action);
        writer.Write(decision.Score);
        writer.Write(decision.Level);
        WriteNumber(ref writer, decision.Probability);
        WriteNumber(ref writer, decision.Raw);
        writer.Write(decision.Rung);
        if (schema is null)
        {
            writer.WriteArrayHeader(3);
            writer.Write(decision.ModelName);
            WriteHash(ref writer, decision.ModelVersion);
            writer.Write(decision.Engine);
            writer.WriteMapHeader(decision.Features.Count);
        }
        else
        {
            WriteHash(ref writer, schema.Id);
            writer.WriteArrayHeader(decision.Features.Count);
        }

        foreach (var (name, value) in decision.Features)
        {
            if (schema is null)
            {
                writer.Write(name);
            }

            if (value is string text)
            {
                writer.Write(text);
            }
            else
            {
                WriteNumber(ref writer, (double?)value);
            }
        }

        WriteTexts(ref writer, decision.Rules);
        WriteTexts(ref writer, decision.ShadowRules);
        writer.WriteArrayHeader(decision.Reasons.Count);
        foreach (var reason in decision.Reasons)
        {
            if (schema is not null)
            {
                writer.WriteArrayHeader(2);
                writer.Write(PlaceOf(reason.Feature));
                writer.Write(reason.Contribution);
                continue;
            }

            writer.WriteArrayHeader(4);
            writer.Write(reason.Feature);
            writer.Write(reason.Value);
            writer.Write(reason.Contribution);
            writer.Write(reason.Text);
        }

        if (schema is { Shadows.Count: > 0 })
        {
            writer.WriteArrayHeader(schema.Shadows.Count);
            foreach (var shadow in schema.Shadows)
            {
                WriteNumber(ref writer, decision.Shadow.Where(answer => answer.Model == shadow).Select(answer => (double?)answer.Probability).SingleOrDefault());
            }
        }
        else
        {
            writer.WriteArrayHeader(decision.Shadow.Count);
            foreach (var shadow in decision.Shadow)
            {
                writer.WriteArrayHeader(2);
                writer.Write(shadow.Model);
                writer.Write(shadow.Probability);
            }
        }

        foreach (var hash in new[] { decision.FeatureFile, decision.RuleFile, decision.Config })
        {
            WriteHash(ref writer, schema is null ? hash : null);
        }

        WriteTexts(ref writer, decision.Flags);
        writer.WriteMapHeader(decision.StalenessSeconds.Count);
        foreach (var (region, seconds) in decision.StalenessSeconds)
        {
            writer.Write(region);
            WriteNumber(ref writer, double.IsNaN(seconds) ? null : seconds);
        }

        var (queued, features, score, decide, total) = decision.TimingsMs;
        writer.WriteArrayHeader(5);
        foreach (var ms in (double[])[queued, features, score, decide, total])
        {
            writer.Write((long)Math.Round(ms * 1000));
        }

        writer.WriteMapHeader(decision.Bounds.Count);
        foreach (var (feature, bound) in decision.Bounds)
        {
            if (schema is null)
            {
                writer.Write(feature);
            }
            else
            {
                writer.Write(PlaceOf(feature));
            }

            WriteNumber(ref writer, bound);
        }

        WriteHash(ref writer, schema is null ? decision.Policy : null);
        writer.Write(decision.DecidedBy);
        writer.Write(decision.Role);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();

        int PlaceOf(string feature) => schema.FeatureNames.ToList().IndexOf(feature);
    }

    /// <summary>What a decision has in common with others.</summary>
    /// <param name="shadows">What its shadows are called; null: the decision names its own.</param>
    public static DecisionSchema SchemaOf(DecisionRecord decision, IReadOnlyList<string>? shadows = null)
    {
        var names = decision.Features.Select(feature => feature.Key).ToList();
        return new DecisionSchema(
            names, names.ConvertAll(name => decision.Reasons.FirstOrDefault(reason => reason.Feature == name)?.Text ?? name), decision.ModelName, decision.ModelVersion, decision.Engine,
            decision.FeatureFile, decision.RuleFile, decision.Config, decision.Policy, shadows);
    }

    private static void WriteNumber(ref MessagePackWriter writer, double? number)
    {
        if (number is { } value)
        {
            writer.Write(value);
        }
        else
        {
            writer.WriteNil();
        }
    }

    private static void WriteHash(ref MessagePackWriter writer, string? hash)
    {
        if (hash is null)
        {
            writer.WriteNil();
        }
        else
        {
            writer.Write(Convert.FromHexString(hash.AsSpan("sha256:".Length)));
        }
    }

    private static void WriteTexts(ref MessagePackWriter writer, IReadOnlyList<string> texts)
    {
        writer.WriteArrayHeader(texts.Count);
        foreach (var text in texts)
        {
            writer.Write(text);
        }
    }
}
