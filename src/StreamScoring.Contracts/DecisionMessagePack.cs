using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The compact form of a decision: one MessagePack array, the version first.
/// <see cref="DecisionFields"/> has the positions; a reader takes those it knows and skips what
/// follows.
/// </summary>
/// <remarks>
/// <see cref="InlineVersion"/> has everything in it. <see cref="SchemaVersion"/> has in the model's
/// place the id of a
/// <see cref="DecisionSchema"/>, and features by their place in that.
/// </remarks>
public static class DecisionMessagePack
{
    public const int InlineVersion = 1, SchemaVersion = 2;

    internal const string HashPrefix = "sha256:";
    internal const int HashBytes = 32;

    /// <summary>Elements that the first release wrote: a reader fills in the rest.</summary>
    private static readonly int ElementsMin = 1 + DecisionFields.ByPosition.Count(field => !field.IsLater);

    private static readonly int BeforeOutcome = Array.FindIndex(DecisionFields.ByPosition, field => field.Name == "action") - 1;
    private static readonly int BeforeModel = Array.FindIndex(DecisionFields.ByPosition, field => field.Name == "model");

    /// <summary>Elements that this version writes.</summary>
    public static int Elements { get; } = 1 + DecisionFields.ByPosition.Length;

    /// <param name="schemaOf">The schema of an id (<see cref="SchemaIdOf"/>); null: of
    /// none.</param>
    /// <exception cref="MessagePackSerializationException">The bytes are no decision, or of a
    /// version that this release does not read, or of a schema that is not known.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes, Func<string, DecisionSchema?>? schemaOf = null) =>
        MessagePackRead.Guarded(bytes, (ref MessagePackReader reader) => Read(ref reader, schemaOf));

    /// <summary>Reads which schema a decision is read by.</summary>
    /// <returns>Null where it needs none.</returns>
    /// <exception cref="MessagePackSerializationException">The bytes are no decision.</exception>
    public static string? SchemaIdOf(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, (ref MessagePackReader reader) =>
    {
        if (reader.ReadArrayHeader() <= BeforeModel || reader.ReadInt32() != SchemaVersion)
        {
            return null;
        }

        ReadSource(ref reader, out _);
        MessagePackRead.SkipMany(ref reader, BeforeModel - 1);
        return ReadHash(ref reader);
    });

    /// <summary>
    /// Reads what lies before everything of which there is much: of which record it is the
    /// decision, and the outcome.
    /// </summary>
    /// <remarks>The topic's id is null where the decision does not say.</remarks>
    /// <returns>Without an outcome where the decision is of a version that this release does not
    /// read: the position stands there in any.</returns>
    /// <exception cref="MessagePackSerializationException">The bytes are no decision.</exception>
    public static (DecisionSource Source, string? TopicId, DecisionOutcome? Outcome) ReadOutcome(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, ReadOutcome);

    /// <param name="hash"><c>sha256:</c> and 64 hexadecimal digits. Null is nil, and so is the
    /// empty text: a record has it where nil was read.</param>
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
        var isKnown = IsKnown(reader.ReadInt32()) && count >= ElementsMin;
        var source = ReadSource(ref reader, out var topicId);
        if (!isKnown)
        {
            return (source, topicId, null);
        }

        MessagePackRead.SkipMany(ref reader, BeforeOutcome);
        return (source, topicId, new DecisionOutcome(ReadText(ref reader), reader.ReadInt32(), ReadText(ref reader), ReadNumber(ref reader), ReadNumber(ref reader)));
    }

    private static bool IsKnown(int version) => version is InlineVersion or SchemaVersion;

    private static DecisionRecord Read(ref MessagePackReader reader, Func<string, DecisionSchema?>? schemaOf)
    {
        var count = reader.ReadArrayHeader();
        var version = reader.ReadInt32();
        if (!IsKnown(version) || count < ElementsMin)
        {
            throw new MessagePackSerializationException(
                $"a decision of version {version} with {count} elements; this release reads versions {InlineVersion} and {SchemaVersion} with at least {ElementsMin}");
        }

        // Initializers run in this order, which is the order of the wire form. Decisions of older
        // releases end earlier.
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
            ModelName = ReadModel(ref reader, version, schemaOf, out var schema, out var modelVersion, out var engine),
            ModelVersion = modelVersion,
            Engine = engine,
            Features = ReadFeatures(ref reader, schema, out var features),
            Rules = ReadArray(ref reader, ReadText),
            ShadowRules = ReadArray(ref reader, ReadText),
            Reasons = schema is null ? ReadArray(ref reader, ReadReason) : ReadReasons(ref reader, schema, features),
            Shadow = ReadShadows(ref reader, schema),
            FeatureFile = ReadHash(ref reader) ?? schema?.FeatureFile ?? "",
            RuleFile = ReadHash(ref reader) ?? schema?.RuleFile,
            Config = ReadHash(ref reader) ?? schema?.Config ?? "",
            Flags = ReadArray(ref reader, ReadText),
            StalenessSeconds = ReadMap(ref reader, (ref MessagePackReader r) => ReadNumber(ref r) ?? double.NaN),
            TimingsMs = ReadTimings(ref reader),
            Bounds = later-- <= 0 ? [] : schema is null ? ReadMap(ref reader, ReadNumber) : ReadBounds(ref reader, schema, features.Length),
            Policy = (later-- > 0 ? ReadHash(ref reader) : null) ?? schema?.Policy,
            DecidedBy = later-- > 0 ? reader.ReadString() : null,
            Role = later-- > 0 ? reader.ReadString() : null,
        };
    }

    /// <summary>
    /// The source is an array: region, topic, partition, offset; and the topic's id where it was
    /// known.
    /// </summary>
    private static DecisionSource ReadSource(ref MessagePackReader reader, out string? topicId)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        var source = new DecisionSource(ReadText(ref reader), ReadText(ref reader), reader.ReadInt32(), reader.ReadInt64());
        topicId = count > 4 ? reader.ReadString() : null;
        MessagePackRead.SkipMany(ref reader, count - 5);
        return source;
    }

    /// <summary>
    /// The model is an array: name, hash, engine. In its place stands the schema that has it.
    /// </summary>
    private static string ReadModel(
        ref MessagePackReader reader, int version, Func<string, DecisionSchema?>? schemaOf, out DecisionSchema? schema, out string modelVersion, out string engine)
    {
        schema = null;
        if (version == SchemaVersion)
        {
            var id = ReadHash(ref reader) ?? throw new MessagePackSerializationException("a decision without the id of its schema");
            schema = schemaOf?.Invoke(id) ?? throw new MessagePackSerializationException($"a decision of schema {id}, which is not known");
            (modelVersion, engine) = (schema.ModelVersion, schema.Engine);
            return schema.ModelName;
        }

        var count = MessagePackRead.ArrayOf(ref reader, 3);
        var name = ReadText(ref reader);
        (modelVersion, engine) = (ReadHash(ref reader) ?? "", ReadText(ref reader));
        MessagePackRead.SkipMany(ref reader, count - 3);
        return name;
    }

    /// <summary>A map by name, or an array in the order of the schema.</summary>
    private static KeyValuePair<string, object?>[] ReadFeatures(ref MessagePackReader reader, DecisionSchema? schema, out KeyValuePair<string, object?>[] features)
    {
        if (schema is null)
        {
            return features = ReadMap(ref reader, ReadValue);
        }

        var count = reader.ReadArrayHeader();
        if (schema.IsKnown && count != schema.FeatureNames.Count)
        {
            throw new MessagePackSerializationException($"a decision with {count} features of schema {schema.Id}, which has {schema.FeatureNames.Count}");
        }

        features = new KeyValuePair<string, object?>[count];
        for (var i = 0; i < count; i++)
        {
            features[i] = new(schema.NameOf(i), ReadValue(ref reader));
        }

        return features;
    }

    /// <summary>Of each its feature's place in the schema, and its contribution.</summary>
    private static DecisionReason[] ReadReasons(ref MessagePackReader reader, DecisionSchema schema, KeyValuePair<string, object?>[] features)
    {
        var reasons = new DecisionReason[reader.ReadArrayHeader()];
        for (var i = 0; i < reasons.Length; i++)
        {
            var count = MessagePackRead.ArrayOf(ref reader, 2);
            var feature = ReadPlace(ref reader, features.Length);
            reasons[i] = new DecisionReason(schema.NameOf(feature), features[feature].Value as double? ?? double.NaN, ReadNumber(ref reader) ?? double.NaN, schema.TextOf(feature));
            MessagePackRead.SkipMany(ref reader, count - 2);
        }

        return reasons;
    }

    private static KeyValuePair<string, double?>[] ReadBounds(ref MessagePackReader reader, DecisionSchema schema, int featureCount)
    {
        var bounds = new KeyValuePair<string, double?>[reader.ReadMapHeader()];
        for (var i = 0; i < bounds.Length; i++)
        {
            bounds[i] = new(schema.NameOf(ReadPlace(ref reader, featureCount)), ReadNumber(ref reader));
        }

        return bounds;
    }

    private static int ReadPlace(ref MessagePackReader reader, int featureCount) => reader.ReadInt32() is var place && place >= 0 && place < featureCount
        ? place : throw new MessagePackSerializationException($"a decision that names feature {place} of {featureCount}");

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

    /// <summary>
    /// Each with its name; or numbers in the order of the schema's shadows, nil where one had no
    /// answer. Version 2 had names as well before a schema had shadows.
    /// </summary>
    private static ShadowScore[] ReadShadows(ref MessagePackReader reader, DecisionSchema? schema)
    {
        var count = reader.ReadArrayHeader();
        if (schema is null || count == 0 || reader.NextMessagePackType == MessagePackType.Array)
        {
            var named = new ShadowScore[count];
            for (var i = 0; i < count; i++)
            {
                named[i] = ReadShadow(ref reader);
            }

            return named;
        }

        if (schema.IsKnown && count != schema.Shadows.Count)
        {
            throw new MessagePackSerializationException($"a decision with answers of {count} shadows of schema {schema.Id}, which has {schema.Shadows.Count}");
        }

        var answers = new List<ShadowScore>(count);
        for (var i = 0; i < count; i++)
        {
            if (ReadNumber(ref reader) is { } probability)
            {
                answers.Add(new ShadowScore(schema.ShadowOf(i), probability));
            }
        }

        return [.. answers];
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
