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
        FeatureFile = 19, RuleFile = 20, Config = 21, Flags = 22, Staleness = 23, Timings = 24, Bounds = 25, Policy = 26, DecidedBy = 27, Role = 28;

    /// <summary>Elements that this version writes.</summary>
    public const int Elements = 29;

    /// <summary>Elements that the first release wrote: a reader fills in the rest.</summary>
    private const int ElementsMin = 25;

    /// <exception cref="MessagePackSerializationException">The bytes are no decision, or of a version that this release does not read.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, Read);

    /// <summary>Reads what lies before everything of which there is much: of which record it is the decision, and the outcome.</summary>
    /// <remarks>The topic's id is null where the decision does not say.</remarks>
    /// <returns>Without an outcome where the decision is of a version that this release does not read: the position stands there in any.</returns>
    /// <exception cref="MessagePackSerializationException">The bytes are no decision.</exception>
    public static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome) ReadOutcome(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, ReadOutcome);

    private static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome) ReadOutcome(ref MessagePackReader reader)
    {
        var count = reader.ReadArrayHeader();
        var isKnown = reader.ReadInt32() == Version && count >= ElementsMin;
        var source = ReadSource(ref reader, out var topicId);
        if (!isKnown)
        {
            return (source, topicId, null);
        }

        MessagePackRead.SkipMany(ref reader, Action - PaymentId);
        return (source, topicId, new DecisionOutcome(reader.ReadString() ?? "", reader.ReadInt32(), reader.ReadString() ?? "", ReadNumber(ref reader), ReadNumber(ref reader)));
    }

    private static DecisionRecord Read(ref MessagePackReader reader)
    {
        var count = reader.ReadArrayHeader();
        var version = reader.ReadInt32();
        if (version != Version || count < ElementsMin)
        {
            throw new MessagePackSerializationException($"a decision of version {version} with {count} elements; this release reads version {Version} with at least {ElementsMin}");
        }

        // Initializers run in this order, which is the order of the wire form.
        return new DecisionRecord
        {
            Source = ReadSource(ref reader, out var topicId),
            SourceTopicId = topicId,
            PaymentId = reader.ReadString() ?? "",
            EventTimeMs = MessagePackRead.Time(ref reader),
            LogTimestampMs = MessagePackRead.Time(ref reader),
            ReceivedAtMs = MessagePackRead.Time(ref reader),
            DecidedAtMs = MessagePackRead.Time(ref reader),
            Action = reader.ReadString() ?? "",
            Score = reader.ReadInt32(),
            Level = reader.ReadString() ?? "",
            Probability = ReadNumber(ref reader),
            Raw = ReadNumber(ref reader),
            Rung = reader.ReadString() ?? "",
            ModelName = ReadModelStart(ref reader, out var modelElements),
            ModelVersion = ReadHash(ref reader) ?? "",
            Engine = ReadModelEnd(ref reader, modelElements),
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
            Bounds = count > Bounds ? ReadBounds(ref reader) : [],
            Policy = count > Policy ? ReadHash(ref reader) : null,
            DecidedBy = count > DecidedBy ? reader.ReadString() : null,
            Role = count > Role ? reader.ReadString() : null,
        };
    }

    /// <summary>The source is an array: region, topic, partition, offset; and the topic's id where it was known.</summary>
    private static DecisionSource ReadSource(ref MessagePackReader reader, out string? topicId)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        var source = new DecisionSource(reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadInt32(), reader.ReadInt64());
        topicId = count > 4 ? reader.ReadString() : null;
        MessagePackRead.SkipMany(ref reader, count - 5);
        return source;
    }

    /// <summary>The model is an array: name, hash, engine.</summary>
    private static string ReadModelStart(ref MessagePackReader reader, out int count)
    {
        count = MessagePackRead.ArrayOf(ref reader, 3);
        return reader.ReadString() ?? "";
    }

    private static string ReadModelEnd(ref MessagePackReader reader, int count)
    {
        var engine = reader.ReadString() ?? "";
        MessagePackRead.SkipMany(ref reader, count - 3);
        return engine;
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
            var count = MessagePackRead.ArrayOf(ref reader, 4);
            reasons[i] = new DecisionReason(reader.ReadString() ?? "", reader.ReadDouble(), reader.ReadDouble(), reader.ReadString() ?? "");
            MessagePackRead.SkipMany(ref reader, count - 4);
        }

        return reasons;
    }

    private static ShadowScore[] ReadShadow(ref MessagePackReader reader)
    {
        var scores = new ShadowScore[reader.ReadArrayHeader()];
        for (var i = 0; i < scores.Length; i++)
        {
            var count = MessagePackRead.ArrayOf(ref reader, 2);
            scores[i] = new ShadowScore(reader.ReadString() ?? "", reader.ReadDouble());
            MessagePackRead.SkipMany(ref reader, count - 2);
        }

        return scores;
    }

    private static KeyValuePair<string, double>[] ReadStaleness(ref MessagePackReader reader)
    {
        var regions = new KeyValuePair<string, double>[reader.ReadMapHeader()];
        for (var i = 0; i < regions.Length; i++)
        {
            regions[i] = new(reader.ReadString() ?? "", reader.TryReadNil() ? double.NaN : reader.ReadDouble());
        }

        return regions;
    }

    private static KeyValuePair<string, double?>[] ReadBounds(ref MessagePackReader reader)
    {
        var bounds = new KeyValuePair<string, double?>[reader.ReadMapHeader()];
        for (var i = 0; i < bounds.Length; i++)
        {
            bounds[i] = new(reader.ReadString() ?? "", ReadNumber(ref reader));
        }

        return bounds;
    }

    /// <summary>Whole microseconds on the wire.</summary>
    private static DecisionTimings ReadTimings(ref MessagePackReader reader)
    {
        MessagePackRead.ArrayOf(ref reader, 5);
        return new DecisionTimings(
            reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0);
    }
}
