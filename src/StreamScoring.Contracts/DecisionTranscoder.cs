using System.Globalization;
using System.Text.Json;
using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// Writes a decision as JSON straight from its compact form: byte for byte what <see cref="DecisionJson.Write"/> gives for
/// <see cref="DecisionMessagePack.Read(ReadOnlyMemory{byte})"/>, without the record in between. So the pipeline has one encoder of decisions to keep right,
/// and its JSON costs no memory.
/// </summary>
public static class DecisionTranscoder
{
    private const int HashBytes = 32;

    private static ReadOnlySpan<byte> HashPrefix => "sha256:"u8;

    /// <summary>Allocates nothing.</summary>
    /// <param name="compact">As this release's pipeline writes it: in one piece, with all its elements, texts in UTF-8.</param>
    /// <param name="writer">Reset; the caller flushes it.</param>
    /// <exception cref="MessagePackSerializationException">The bytes are something else.</exception>
    /// <exception cref="EndOfStreamException">The bytes end too early.</exception>
    public static void ToJson(ReadOnlyMemory<byte> compact, Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var reader = new MessagePackReader(compact);
        if (reader.ReadArrayHeader() != DecisionMessagePack.Elements || reader.ReadInt32() != DecisionMessagePack.Version)
        {
            throw new MessagePackSerializationException($"no decision of version {DecisionMessagePack.Version} with {DecisionMessagePack.Elements} elements");
        }

        writer.WriteStartObject();
        WriteSource(ref reader, writer);
        WriteTime(ref reader, writer, DecisionJsonNames.EventTime);
        WriteTime(ref reader, writer, DecisionJsonNames.LogTime);
        WriteTime(ref reader, writer, DecisionJsonNames.ReceivedAt);
        WriteTime(ref reader, writer, DecisionJsonNames.DecidedAt);
        writer.WriteString(DecisionJsonNames.Action, Text(ref reader));
        writer.WriteNumber(DecisionJsonNames.Score, reader.ReadInt32());
        writer.WriteString(DecisionJsonNames.Level, Text(ref reader));
        WriteNumber(ref reader, writer, DecisionJsonNames.Probability);
        WriteNumber(ref reader, writer, DecisionJsonNames.Raw);
        writer.WriteString(DecisionJsonNames.Rung, Text(ref reader));
        WriteModel(ref reader, writer);

        // The one place where the compact form has another order: the shadow's scores come first in JSON, the features last.
        var features = reader;
        reader.Skip();
        var rules = reader;
        reader.Skip();
        var shadowRules = reader;
        reader.Skip();
        var reasons = reader;
        reader.Skip();
        WriteShadow(ref reader, writer);
        WriteTexts(ref rules, writer, DecisionJsonNames.Rules);
        WriteTexts(ref shadowRules, writer, DecisionJsonNames.ShadowRules);
        WriteReasons(ref reasons, writer);
        WriteFeatures(ref features, writer);

        WriteHash(ref reader, writer, DecisionJsonNames.FeatureFile);
        WriteHash(ref reader, writer, DecisionJsonNames.RuleFile);
        WriteHash(ref reader, writer, DecisionJsonNames.Config);
        WriteTexts(ref reader, writer, DecisionJsonNames.Flags);
        var staleness = reader;
        reader.Skip();
        var timings = reader;
        reader.Skip();
        WriteNumbers(ref reader, writer, DecisionJsonNames.Bounds);
        WriteNumbers(ref staleness, writer, DecisionJsonNames.StalenessSeconds);
        WriteTimings(ref timings, writer);
        WriteHash(ref reader, writer, DecisionJsonNames.Policy);
        WriteText(ref reader, writer, DecisionJsonNames.DecidedBy);
        WriteText(ref reader, writer, DecisionJsonNames.Role);
        writer.WriteEndObject();
    }

    /// <summary>The id, which is made of the source, then the payment's, which stands behind it, then the source.</summary>
    private static void WriteSource(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        var region = Text(ref reader);
        var topic = Text(ref reader);
        var (partition, offset) = (reader.ReadInt32(), reader.ReadInt64());
        var topicId = count > 4 ? Text(ref reader) : default;
        MessagePackRead.SkipMany(ref reader, count - 5);
        writer.WritePropertyName(DecisionJsonNames.DecisionId);
        writer.WriteStringValueSegment(region, isFinalSegment: false);
        writer.WriteStringValueSegment("/"u8, isFinalSegment: false);
        writer.WriteStringValueSegment(topic, isFinalSegment: false);
        Span<byte> position = stackalloc byte[40];
        System.Text.Unicode.Utf8.TryWrite(position, CultureInfo.InvariantCulture, $"/{partition}/{offset}", out var length);
        writer.WriteStringValueSegment(position[..length], isFinalSegment: true);

        writer.WriteString(DecisionJsonNames.PaymentId, Text(ref reader));
        writer.WriteStartObject(DecisionJsonNames.Source);
        writer.WriteString(DecisionJsonNames.Region, region);
        writer.WriteString(DecisionJsonNames.Topic, topic);
        writer.WriteNumber(DecisionJsonNames.Partition, partition);
        writer.WriteNumber(DecisionJsonNames.Offset, offset);
        if (count > 4)
        {
            writer.WriteString(DecisionJsonNames.TopicId, topicId);
        }

        writer.WriteEndObject();
    }

    private static void WriteModel(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 3);
        writer.WriteStartObject(DecisionJsonNames.Model);
        writer.WriteString(DecisionJsonNames.Name, Text(ref reader));
        WriteHash(ref reader, writer, DecisionJsonNames.Version);
        writer.WriteString(DecisionJsonNames.Engine, Text(ref reader));
        writer.WriteEndObject();
        MessagePackRead.SkipMany(ref reader, count - 3);
    }

    private static void WriteShadow(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStartArray(DecisionJsonNames.Shadow);
        for (var left = reader.ReadArrayHeader(); left > 0; left--)
        {
            var count = MessagePackRead.ArrayOf(ref reader, 2);
            writer.WriteStartObject();
            writer.WriteString(DecisionJsonNames.Model, Text(ref reader));
            WriteNumber(ref reader, writer, DecisionJsonNames.Probability);
            writer.WriteEndObject();
            MessagePackRead.SkipMany(ref reader, count - 2);
        }

        writer.WriteEndArray();
    }

    private static void WriteReasons(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStartArray(DecisionJsonNames.Reasons);
        for (var left = reader.ReadArrayHeader(); left > 0; left--)
        {
            var count = MessagePackRead.ArrayOf(ref reader, 4);
            writer.WriteStartObject();
            writer.WriteString(DecisionJsonNames.Feature, Text(ref reader));
            WriteNumber(ref reader, writer, DecisionJsonNames.Value);
            WriteNumber(ref reader, writer, DecisionJsonNames.Contribution);
            writer.WriteString(DecisionJsonNames.Text, Text(ref reader));
            writer.WriteEndObject();
            MessagePackRead.SkipMany(ref reader, count - 4);
        }

        writer.WriteEndArray();
    }

    private static void WriteFeatures(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStartObject(DecisionJsonNames.Features);
        for (var left = reader.ReadMapHeader(); left > 0; left--)
        {
            writer.WritePropertyName(Text(ref reader));
            if (reader.NextMessagePackType == MessagePackType.String)
            {
                writer.WriteStringValue(Text(ref reader));
            }
            else
            {
                WriteNumberValue(ref reader, writer);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        writer.WriteStartArray(name);
        for (var left = reader.ReadArrayHeader(); left > 0; left--)
        {
            writer.WriteStringValue(Text(ref reader));
        }

        writer.WriteEndArray();
    }

    private static void WriteNumbers(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        writer.WriteStartObject(name);
        for (var left = reader.ReadMapHeader(); left > 0; left--)
        {
            writer.WritePropertyName(Text(ref reader));
            WriteNumberValue(ref reader, writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whole microseconds become milliseconds.</summary>
    private static void WriteTimings(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        MessagePackRead.ArrayOf(ref reader, 5);
        writer.WriteStartObject(DecisionJsonNames.TimingsMs);
        writer.WriteNumber(DecisionJsonNames.Queued, reader.ReadInt64() / 1000.0);
        writer.WriteNumber(DecisionJsonNames.Features, reader.ReadInt64() / 1000.0);
        writer.WriteNumber(DecisionJsonNames.Score, reader.ReadInt64() / 1000.0);
        writer.WriteNumber(DecisionJsonNames.Decide, reader.ReadInt64() / 1000.0);
        writer.WriteNumber(DecisionJsonNames.Total, reader.ReadInt64() / 1000.0);
        writer.WriteEndObject();
    }

    private static void WriteTime(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        Span<byte> iso = stackalloc byte[DecisionJson.IsoBytes];
        DecisionJson.Iso(reader.ReadInt64(), iso);
        writer.WriteString(name, iso);
    }

    /// <summary>The bytes of a hash in the notation of the records; one that is not there is no text.</summary>
    private static void WriteHash(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        if (reader.TryReadNil())
        {
            writer.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[HashPrefix.Length + (2 * HashBytes)];
        HashPrefix.CopyTo(text);
        var hash = reader.ReadBytes().GetValueOrDefault();
        if (hash.Length != HashBytes || !Convert.TryToHexStringLower(hash.FirstSpan, text[HashPrefix.Length..], out _))
        {
            throw new MessagePackSerializationException($"a hash of {hash.Length} bytes; expected {HashBytes}");
        }

        writer.WriteString(name, text);
    }

    private static void WriteNumber(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        writer.WritePropertyName(name);
        WriteNumberValue(ref reader, writer);
    }

    private static void WriteNumberValue(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        if (!reader.TryReadNil() && reader.ReadDouble() is var number && double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WriteText(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        if (reader.TryReadNil())
        {
            writer.WriteNull(name);
        }
        else
        {
            writer.WriteString(name, Text(ref reader));
        }
    }

    private static ReadOnlySpan<byte> Text(ref MessagePackReader reader) =>
        reader.TryReadStringSpan(out var text) ? text : throw new MessagePackSerializationException("a text is missing or in pieces");
}
