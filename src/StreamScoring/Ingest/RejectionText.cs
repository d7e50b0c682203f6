using System.Text.Json;
using StreamScoring.Batches;

namespace StreamScoring.Ingest;

/// <summary>
/// Words for a <see cref="Rejection"/>: a metric label and record field, and a sentence. Neither
/// ever holds a value of the record.
/// </summary>
public static class RejectionText
{
    private static readonly string[] Codes = [.. Enum.GetNames<RejectReason>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>The reason in snake_case: <c>unknown_currency</c>.</summary>
    public static string CodeOf(RejectReason reason) => Codes[(int)reason];

    /// <returns>The field's name, or null where none is to blame.</returns>
    public static string? FieldOf(Rejection rejection) => rejection.Field < 0 ? null : DecodedField.NameOf(rejection.Field);

    /// <summary>
    /// The sentence on a batch's row. Of a time that is out of range it says what the number looks
    /// like.
    /// </summary>
    public static string Sentence(PaymentBatch batch, int rowIndex, Rejection rejection) =>
        rejection is { Reason: RejectReason.OutOfRange, Field: DecodedField.EventTime or DecodedField.KnownAt }
            ? $"{Sentence(rejection)}: {TimeHint(batch.RefusedTimeMs[rowIndex])}"
            : Sentence(rejection);

    /// <summary>In another unit, would it be a time between 2000 and 2200?</summary>
    private static string TimeHint(long time) => time switch
    {
        _ when LooksLikeSeconds(time) => "it looks like epoch seconds; send milliseconds since 1970, or ISO 8601",
        >= SecondsFrom * 1_000_000 and < SecondsUntil * 1_000_000 => "it looks like epoch microseconds; send milliseconds since 1970, or ISO 8601",
        >= SecondsFrom * 1_000_000_000 and < SecondsUntil * 1_000_000_000 => "it looks like epoch nanoseconds; send milliseconds since 1970, or ISO 8601",
        < SecondsUntil * 1000 / 2 => "it lies before 1970, or before ingest.eventTimeFloor",
        _ => "it lies further ahead of the record's timestamp than ingest.eventTimeAheadMax, or behind the year 9999",
    };

    /// <summary>
    /// Whether a number of milliseconds would, as seconds, be a time between 2000 and 2200.
    /// </summary>
    public static bool LooksLikeSeconds(long timeMs) => timeMs is >= SecondsFrom and < SecondsUntil;

    private const long SecondsFrom = IngestLimits.EventTimeFloorMsDefault / 1000, SecondsUntil = 7_258_118_400;

    /// <summary>What to do about a card number in a table.</summary>
    public static string CardNumberHint(string field) =>
        "Make tokens of it in the columns file (token: hmac-sha256, key: ${CARD_KEY}; docs/columns.md), or, if it is none, "
        + $"exempt the field: --set ingest.cardNumberFieldsIgnored={field}";

    public static string Sentence(Rejection rejection)
    {
        var field = FieldOf(rejection) ?? "the record";
        return rejection.Reason switch
        {
            RejectReason.Empty => "the record has no value",
            RejectReason.TooLarge => "the record is larger than ingest.recordBytesMax",
            RejectReason.MalformedJson => "the record starts like JSON and is not valid JSON",
            RejectReason.MalformedMessagePack => "the record starts like a MessagePack array and is not one",
            RejectReason.UnknownFormat => "the record is neither a JSON object nor a MessagePack array",
            RejectReason.UnsupportedVersion => "the record's version is not one that this release reads",
            RejectReason.MissingField => $"{field} is missing",
            RejectReason.WrongType => $"{field} has the wrong type",
            RejectReason.OutOfRange => $"{field} is outside the range allowed",
            RejectReason.UnknownCurrency => "currency is not an ISO 4217 code",
            RejectReason.InvalidCountry => $"{field} is not two letters of ISO 3166-1",
            RejectReason.InvalidMcc => "mcc is not four digits",
            RejectReason.NoEntity => "none of the entity ids is given",
            RejectReason.TextTooLong => $"{field} is longer than ingest.textBytesMax",
            RejectReason.TooManyAttributes => "attributes has more entries than ingest.attributesMax",
            RejectReason.CardNumber => $"{field} holds a card number; send a token",
            RejectReason.InvalidUtf8 => $"{field} is not valid UTF-8",
            RejectReason.DuplicateField => $"{field} is given twice",
            RejectReason.ConflictingId => $"{field} is that of another payment, published before with other content; both are decided",
            RejectReason.TooManyUnknownFields =>
                $"fields that are none of the contract's hold more than {IngestLimits.UnknownValuesMax} names and values, "
                + $"{IngestLimits.UnknownBytesMax} bytes or {IngestLimits.UnknownDepthMax} levels",
            _ => "the record was refused",
        };
    }
}
