using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>Turns a record of the decisions topic into a decision.</summary>
internal static class DecisionParser
{
    /// <param name="schemaOf">The schema of an id, which was looked up before.</param>
    /// <param name="poison">Why the record is no decision; null where it is one.</param>
    public static bool TryParse(ConsumeResult<byte[]?, byte[]?> result, Func<string, DecisionSchema?> schemaOf, [NotNullWhen(true)] out ReadDecision? decision, [NotNullWhen(false)] out string? poison)
    {
        decision = null;
        if (SourceOf(result.Message.Headers, out var topicId) is not { } source)
        {
            poison = "its headers name no source position";
            return false;
        }

        if (result.Message.Value is not { } value)
        {
            poison = "it has no value";
            return false;
        }

        try
        {
            var record = value is [(byte)'{', ..] ? DecisionJson.Read(value) : DecisionMessagePack.Read(value, schemaOf);
            if (record.Source != source)
            {
                poison = $"its headers say {source}, and its value {record.Source}";
                return false;
            }

            decision = new ReadDecision(source, record, value, result.Partition.Value, result.Offset.Value)
            {
                SourceTopicId = topicId,
            };
            poison = null;
            return true;
        }
        catch (Exception e) when (e is JsonException or MessagePackSerializationException)
        {
            poison = e.Message;
            return false;
        }
    }

    /// <summary>
    /// The position that a decision or dead letter answers; null where the headers do not say.
    /// </summary>
    /// <param name="topicId">Empty where they name none.</param>
    public static DecisionSource? SourceOf(Headers headers, out string topicId)
    {
        if (headers.TryGetLastBytes(RecordHeaders.Source, out var whole) && whole is not null)
        {
            return SourceHeader.TryRead(whole, out topicId);
        }

        topicId = Text(headers, RecordHeaders.TopicId) ?? "";
        var (region, topic, partition, offset) =
            (Text(headers, RecordHeaders.Region), Text(headers, RecordHeaders.Topic), Text(headers, RecordHeaders.Partition), Text(headers, RecordHeaders.Offset));
        return region is not null && topic is not null
            && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber)
                ? new DecisionSource(region, topic, partitionNumber, offsetNumber)
                : null;
    }

    private static string? Text(Headers headers, string name) => headers.TryGetLastBytes(name, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : null;
}
