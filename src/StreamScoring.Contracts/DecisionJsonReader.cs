using System.Buffers;
using System.Text.Json;
using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The way back of <see cref="DecisionTranscoder"/>. Fields that this release does not know are
/// skipped.
/// </summary>
internal static class DecisionJsonReader
{
    /// <returns>The compact form.</returns>
    public static ReadOnlyMemory<byte> ToCompact(JsonElement root)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(DecisionMessagePack.Elements);
        writer.Write(DecisionMessagePack.InlineVersion);
        foreach (var field in DecisionFields.ByPosition)
        {
            Write(ref writer, root, field);
        }

        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(ref MessagePackWriter writer, JsonElement parent, DecisionField field)
    {
        var name = field.Name;
        if (IsAbsent(parent, field))
        {
            // Only maps are later and have no nil.
            writer.WriteRaw(field.IsNullable ? [MessagePackCode.Nil] : [MessagePackCode.MinFixMap]);
            return;
        }

        switch (field.Kind)
        {
            case DecisionKind.Text:
                writer.Write(parent.Text(name));
                break;
            case DecisionKind.Integer:
                writer.Write(parent.SmallInteger(name));
                break;
            case DecisionKind.Long:
                writer.Write(parent.Integer(name));
                break;
            case DecisionKind.Number:
                WriteNumber(ref writer, parent.Number(name));
                break;
            case DecisionKind.Time:
                writer.Write(parent.Time(name));
                break;
            case DecisionKind.Duration:
                writer.Write((long)Math.Round((parent.Number(name) ?? 0) * 1000));
                break;
            case DecisionKind.Hash:
                DecisionMessagePack.WriteHash(ref writer, parent.Text(name));
                break;
            case DecisionKind.Texts:
                writer.WriteArrayHeader(Items(parent, name).Count());
                foreach (var text in Items(parent, name))
                {
                    writer.Write(JsonFields.TextOf(text, name));
                }

                break;
            case DecisionKind.Numbers or DecisionKind.Values:
                WriteMap(ref writer, parent.Field(name, JsonValueKind.Object), field);
                break;
            case DecisionKind.Group:
                WriteParts(ref writer, parent.Field(name), field);
                break;
            case DecisionKind.Groups:
                writer.WriteArrayHeader(Items(parent, name).Count());
                foreach (var item in Items(parent, name))
                {
                    WriteParts(ref writer, item, field);
                }

                break;
        }
    }

    private static bool IsAbsent(JsonElement parent, DecisionField field) =>
        (field.IsNullable || field.IsLater) && (!parent.TryGetProperty(field.Name, out var value) || value.ValueKind == JsonValueKind.Null);

    private static void WriteMap(ref MessagePackWriter writer, JsonElement map, DecisionField field)
    {
        writer.WriteMapHeader(map.GetPropertyCount());
        foreach (var item in map.EnumerateObject())
        {
            writer.Write(item.Name);
            if (field.Kind == DecisionKind.Values && item.Value.ValueKind == JsonValueKind.String)
            {
                writer.Write(JsonFields.TextOf(item.Value, field.Name));
            }
            else
            {
                WriteNumber(ref writer, JsonFields.NumberOf(item.Value, field.Name));
            }
        }
    }

    /// <summary>Absent parts are the last ones: the array ends before them.</summary>
    private static void WriteParts(ref MessagePackWriter writer, JsonElement value, DecisionField field)
    {
        var parts = field.Parts.AsSpan(..field.Parts.Count(part => !IsAbsent(value, part)));
        writer.WriteArrayHeader(parts.Length);
        foreach (var part in parts)
        {
            Write(ref writer, value, part);
        }
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

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) => element.Field(name, JsonValueKind.Array).EnumerateArray();
}
