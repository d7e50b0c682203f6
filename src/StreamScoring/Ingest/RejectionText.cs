using System.Text.Json;

namespace StreamScoring.Ingest;

/// <summary>Words for a <see cref="Rejection"/>: a metric label and record field, and a sentence. Neither ever holds a value of the record.</summary>
public static class RejectionText
{
    private static readonly string[] Codes = [.. Enum.GetNames<RejectReason>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>The reason in snake_case: <c>unknown_currency</c>.</summary>
    public static string CodeOf(RejectReason reason) => Codes[(int)reason];

    /// <returns>The field's name, or null where none is to blame.</returns>
    public static string? FieldOf(Rejection rejection) => rejection.Field < 0 ? null : DecodedField.NameOf(rejection.Field);

    /// <summary>What to do about a card number in a table.</summary>
    public static string CardNumberHint(string field) =>
        $"Put a token in its place, or, if it is none, exempt the field: --set ingest.cardNumberFieldsIgnored={field}";

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
            RejectReason.TooManyUnknownFields =>
                $"fields that are none of the contract's hold more than {IngestLimits.UnknownValuesMax} names and values, "
                + $"{IngestLimits.UnknownBytesMax} bytes or {IngestLimits.UnknownDepthMax} levels",
            _ => "the record was refused",
        };
    }
}
