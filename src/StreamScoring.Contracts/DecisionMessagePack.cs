using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The compact form of a decision: one MessagePack array, the version first. The positions below are the contract; a reader takes those
/// it knows and skips what follows.
/// </summary>
public static class DecisionMessagePack
{
    public const int Version = 1;

    // Positions.
    public const int Source = 1, PaymentId = 2, EventTime = 3, LogTimestamp = 4, ReceivedAt = 5, DecidedAt = 6, Action = 7, Score = 8,
        Level = 9, Probability = 10, Raw = 11, Rung = 12, Model = 13, Features = 14, Rules = 15, ShadowRules = 16, Reasons = 17, Shadow = 18,
        FeatureFile = 19, RuleFile = 20, Config = 21, Flags = 22, Staleness = 23, Timings = 24;

    /// <summary>Elements that this version writes.</summary>
    public const int Elements = 25;

    /// <exception cref="MessagePackSerializationException">The bytes are no decision, or of a version that this release does not read.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        var count = reader.ReadArrayHeader();
        var version = reader.ReadInt32();
        if (version != Version || count < Elements)
        {
            throw new MessagePackSerializationException($"a decision of version {version} with {count} elements; this release reads version {Version} with at least {Elements}");
        }

        // Initializers run in this order, which is the order of the wire form.
        var record = new DecisionRecord
        {
            Source = ReadSource(ref reader),
            PaymentId = reader.ReadString() ?? "",
            EventTimeMs = reader.ReadInt64(),
            LogTimestampMs = reader.ReadInt64(),
            ReceivedAtMs = reader.ReadInt64(),
            DecidedAtMs = reader.ReadInt64(),
            Action = reader.ReadString() ?? "",
            Score = reader.ReadInt32(),
            Level = reader.ReadString() ?? "",
            Probability = ReadNumber(ref reader),
            Raw = ReadNumber(ref reader),
            Rung = reader.ReadString() ?? "",
            ModelName = ReadModelStart(ref reader),
            ModelVersion = ReadHash(ref reader) ?? "",
            Engine = reader.ReadString() ?? "",
            Features = ReadFeatures(ref reader),
            Rules = ReadTexts(ref reader),
            ShadowRules = ReadTexts(ref reader),
            Reasons = ReadReasons(ref reader),
            Shadow = ReadShadow(ref reader),
            FeatureFile = ReadHash(ref reader) ?? "",
            RuleFile = ReadHash(ref reader),
            Config = ReadHash(ref reader) ?? "",
            Flags = ReadTexts(ref reader),
            StalenessSeconds = ReadStaleness(ref reader),
            TimingsMs = ReadTimings(ref reader),
        };
        return record;
    }

    private static DecisionSource ReadSource(ref MessagePackReader reader)
    {
        reader.ReadArrayHeader();
        return new DecisionSource(reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadInt32(), reader.ReadInt64());
    }

    /// <summary>The model is an array: name, hash, engine.</summary>
    private static string ReadModelStart(ref MessagePackReader reader)
    {
        reader.ReadArrayHeader();
        return reader.ReadString() ?? "";
    }

    private static double? ReadNumber(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadDouble();

    private static string? ReadHash(ref MessagePackReader reader) =>
        reader.TryReadNil() || reader.ReadBytes() is not { } bytes ? null : "sha256:" + Convert.ToHexStringLower(System.Buffers.BuffersExtensions.ToArray(bytes));

    private static List<KeyValuePair<string, object?>> ReadFeatures(ref MessagePackReader reader)
    {
        var count = reader.ReadMapHeader();
        var features = new List<KeyValuePair<string, object?>>(count);
        for (var i = 0; i < count; i++)
        {
            var name = reader.ReadString() ?? "";
            object? value = reader.NextMessagePackType switch
            {
                MessagePackType.Nil => reader.TryReadNil() ? null : null,
                MessagePackType.String => reader.ReadString(),
                _ => reader.ReadDouble(),
            };
            features.Add(new(name, value));
        }

        return features;
    }

    private static string[] ReadTexts(ref MessagePackReader reader)
    {
        var texts = new string[reader.ReadArrayHeader()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString() ?? "";
        }

        return texts;
    }

    private static DecisionReason[] ReadReasons(ref MessagePackReader reader)
    {
        var reasons = new DecisionReason[reader.ReadArrayHeader()];
        for (var i = 0; i < reasons.Length; i++)
        {
            reader.ReadArrayHeader();
            reasons[i] = new DecisionReason(reader.ReadString() ?? "", reader.ReadDouble(), reader.ReadDouble(), reader.ReadString() ?? "");
        }

        return reasons;
    }

    private static ShadowScore[] ReadShadow(ref MessagePackReader reader)
    {
        var scores = new ShadowScore[reader.ReadArrayHeader()];
        for (var i = 0; i < scores.Length; i++)
        {
            reader.ReadArrayHeader();
            scores[i] = new ShadowScore(reader.ReadString() ?? "", reader.ReadDouble());
        }

        return scores;
    }

    private static KeyValuePair<string, double>[] ReadStaleness(ref MessagePackReader reader)
    {
        var regions = new KeyValuePair<string, double>[reader.ReadMapHeader()];
        for (var i = 0; i < regions.Length; i++)
        {
            regions[i] = new(reader.ReadString() ?? "", reader.ReadDouble());
        }

        return regions;
    }

    /// <summary>Whole microseconds on the wire.</summary>
    private static DecisionTimings ReadTimings(ref MessagePackReader reader)
    {
        reader.ReadArrayHeader();
        return new DecisionTimings(
            reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0);
    }
}
