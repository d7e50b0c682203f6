using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// The form of dead letters. The pipeline writes it straight from its columns; this is how it is
/// read.
/// </summary>
public static class DeadLetterJson
{
    /// <exception cref="JsonException">The bytes are no dead letter.</exception>
    public static DeadLetter Read(ReadOnlyMemory<byte> bytes) => JsonFields.Read(bytes, root => new DeadLetter
    {
        Reason = root.Text("reason"),
        Field = root.OptionalText("field"),
        Detail = root.Text("detail"),
        Source = root.Source(),
        SourceTopicId = root.Field("source").OptionalText("topic_id"),
        ConflictsWith = root.TryGetProperty("conflicts_with", out _) ? root.Source("conflicts_with") : null,
        LogTimestampMs = root.Time("log_time"),
        RejectedAtMs = root.Time("rejected_at"),
        ValueBytes = root.Integer("value_bytes"),
        IsRedacted = root.Flag("redacted"),
        IsCut = root.Flag("cut"),
        Value = root.OptionalText("value"),
        ValueBinary = Binary(root),
        Withheld = root.OptionalText("withheld"),
        WithheldBytes = root.OptionalInteger("withheld_bytes"),
        WithheldFrom = root.OptionalInteger("withheld_from"),
        WithheldHash = root.OptionalText("withheld_hash"),
    });

    /// <returns>Null where the bytes are no dead letter.</returns>
    public static DeadLetter? TryRead(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return Read(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte>? Binary(JsonElement root) =>
        !root.TryGetProperty("value_base64", out var value) ? null
        : value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) ? bytes
        : throw new JsonException("value_base64 is no base 64");
}
