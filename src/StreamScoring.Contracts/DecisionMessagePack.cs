using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The compact form of a decision: one MessagePack array, the version first. <see cref="DecisionFields"/> has the positions; a reader
/// takes those it knows and skips what follows.
/// </summary>
public static class DecisionMessagePack
{
    public const int Version = 1;

    internal const string HashPrefix = "sha256:";
    internal const int HashBytes = 32;

    /// <summary>Elements that the first release wrote: a reader fills in the rest.</summary>
    private static readonly int ElementsMin = 1 + DecisionFields.ByPosition.Count(field => !field.IsLater);

    private static readonly int BeforeOutcome = Array.FindIndex(DecisionFields.ByPosition, field => field.Name == "action") - 1;

    /// <summary>Elements that this version writes.</summary>
    public static int Elements { get; } = 1 + DecisionFields.ByPosition.Length;

    /// <exception cref="MessagePackSerializationException">The bytes are no decision, or of a version that this release does not read.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, Read);

    /// <summary>Reads what lies before everything of which there is much: of which record it is the decision, and the outcome.</summary>
    /// <remarks>The topic's id is null where the decision does not say.</remarks>
    /// <returns>Without an outcome where the decision is of a version that this release does not read: the position stands there in any.</returns>
    /// <exception cref="MessagePackSerializationException">The bytes are no decision.</exception>
    public static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome) ReadOutcome(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, ReadOutcome);

    /// <param name="hash"><c>sha256:</c> and 64 hexadecimal digits. Null is nil, and so is the empty text: a record has it where nil was read.</param>
    /// <exception cref="FormatException">The text is no such hash.</exception>
    public static void WriteHash(ref MessagePackWriter writer, string? hash)
    {
        if (string.IsNullOrEmpty(hash))
        {
            writer.WriteNil();
            return;
        }

        if (hash.Length != HashPrefix.Length + (2 * HashBytes) || !hash.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            throw new FormatException($"{hash} is no {HashPrefix} with {2 * HashBytes} hexadecimal digits");
        }

        writer.Write(Convert.FromHexString(hash.AsSpan(HashPrefix.Length)));
    }

    private static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome) ReadOutcome(ref MessagePackReader reader)
    {
        var count = reader.ReadArrayHeader();
        var isKnown = reader.ReadInt32() == Version && count >= ElementsMin;
        var source = ReadSource(ref reader, out var topicId);
        if (!isKnown)
        {
            return (source, topicId, null);
        }

        MessagePackRead.SkipMany(ref reader, BeforeOutcome);
        return (source, topicId, new DecisionOutcome(ReadText(ref reader), reader.ReadInt32(), ReadText(ref reader), ReadNumber(ref reader), ReadNumber(ref reader)));
    }

    private static DecisionRecord Read(ref MessagePackReader reader)
    {
        var count = reader.ReadArrayHeader();
        var version = reader.ReadInt32();
        if (version != Version || count < ElementsMin)
        {
            throw new MessagePackSerializationException($"a decision of version {version} with {count} elements; this release reads version {Version} with at least {ElementsMin}");
        }

        // Initializers run in this order, which is the order of the wire form. Decisions of older releases end earlier.
        var later = count - ElementsMin;
        return new DecisionRecord
        {
            Source = ReadSource(ref reader, out var topicId),
            SourceTopicId = topicId,
            PaymentId = ReadText(ref reader),
            EventTimeMs = MessagePackRead.Time(ref reader),
            LogTimestampMs = MessagePackRead.Time(ref reader),
            ReceivedAtMs = MessagePackRead.Time(ref reader),
            DecidedAtMs = MessagePackRead.Time(ref reader),
            Action = ReadText(ref reader),
            Score = reader.ReadInt32(),
            Level = ReadText(ref reader),
            Probability = ReadNumber(ref reader),
            Raw = ReadNumber(ref reader),
            Rung = ReadText(ref reader),
            ModelName = ReadModelStart(ref reader, out var modelElements),
            ModelVersion = ReadHash(ref reader) ?? "",
            Engine = ReadModelEnd(ref reader, modelElements),
            Features = ReadMap(ref reader, ReadValue),
            Rules = ReadArray(ref reader, ReadText),
            ShadowRules = ReadArray(ref reader, ReadText),
            Reasons = ReadArray(ref reader, ReadReason),
            Shadow = ReadArray(ref reader, ReadShadow),
            FeatureFile = ReadHash(ref reader) ?? "",
            RuleFile = ReadHash(ref reader),
            Config = ReadHash(ref reader) ?? "",
            Flags = ReadArray(ref reader, ReadText),
            StalenessSeconds = ReadMap(ref reader, (ref MessagePackReader r) => ReadNumber(ref r) ?? double.NaN),
            TimingsMs = ReadTimings(ref reader),
            Bounds = later-- > 0 ? ReadMap(ref reader, ReadNumber) : [],
            Policy = later-- > 0 ? ReadHash(ref reader) : null,
            DecidedBy = later-- > 0 ? reader.ReadString() : null,
            Role = later-- > 0 ? reader.ReadString() : null,
        };
    }

    /// <summary>The source is an array: region, topic, partition, offset; and the topic's id where it was known.</summary>
    private static DecisionSource ReadSource(ref MessagePackReader reader, out string? topicId)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        var source = new DecisionSource(ReadText(ref reader), ReadText(ref reader), reader.ReadInt32(), reader.ReadInt64());
        topicId = count > 4 ? reader.ReadString() : null;
        MessagePackRead.SkipMany(ref reader, count - 5);
        return source;
    }

    /// <summary>The model is an array: name, hash, engine.</summary>
    private static string ReadModelStart(ref MessagePackReader reader, out int count)
    {
        count = MessagePackRead.ArrayOf(ref reader, 3);
        return ReadText(ref reader);
    }

    private static string ReadModelEnd(ref MessagePackReader reader, int count)
    {
        var engine = ReadText(ref reader);
        MessagePackRead.SkipMany(ref reader, count - 3);
        return engine;
    }

    private static double? ReadNumber(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadDouble();

    private static string? ReadHash(ref MessagePackReader reader) =>
        reader.TryReadNil() || reader.ReadBytes() is not { } bytes ? null
        : bytes.Length == HashBytes ? HashPrefix + Convert.ToHexStringLower(System.Buffers.BuffersExtensions.ToArray(bytes))
        : throw new MessagePackSerializationException($"a hash of {bytes.Length} bytes; expected {HashBytes}");

    private static object? ReadValue(ref MessagePackReader reader) =>
        reader.NextMessagePackType == MessagePackType.String ? reader.ReadString() : ReadNumber(ref reader);

    private static string ReadText(ref MessagePackReader reader) => reader.ReadString() ?? "";

    private static DecisionReason ReadReason(ref MessagePackReader reader)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        var reason = new DecisionReason(ReadText(ref reader), ReadNumber(ref reader) ?? double.NaN, ReadNumber(ref reader) ?? double.NaN, ReadText(ref reader));
        MessagePackRead.SkipMany(ref reader, count - 4);
        return reason;
    }

    private static ShadowScore ReadShadow(ref MessagePackReader reader)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 2);
        var score = new ShadowScore(ReadText(ref reader), ReadNumber(ref reader) ?? double.NaN);
        MessagePackRead.SkipMany(ref reader, count - 2);
        return score;
    }

    private static T[] ReadArray<T>(ref MessagePackReader reader, MessagePackRead.Reading<T> read)
    {
        var items = new T[reader.ReadArrayHeader()];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = read(ref reader);
        }

        return items;
    }

    private static KeyValuePair<string, T>[] ReadMap<T>(ref MessagePackReader reader, MessagePackRead.Reading<T> read)
    {
        var items = new KeyValuePair<string, T>[reader.ReadMapHeader()];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new(ReadText(ref reader), read(ref reader));
        }

        return items;
    }

    /// <summary>Whole microseconds on the wire.</summary>
    private static DecisionTimings ReadTimings(ref MessagePackReader reader)
    {
        MessagePackRead.ArrayOf(ref reader, 5);
        return new DecisionTimings(
            reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0, reader.ReadInt64() / 1000.0);
    }
}
