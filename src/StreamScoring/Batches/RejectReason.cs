namespace StreamScoring.Batches;

/// <summary>
/// The named reasons for which a record goes to the dead letters. Their snake_case names are metric
/// labels and record fields.
/// </summary>
public enum RejectReason : byte
{
    None,
    Empty,
    TooLarge,
    MalformedJson,
    MalformedMessagePack,
    UnknownFormat,
    UnsupportedVersion,
    MissingField,
    WrongType,
    OutOfRange,
    UnknownCurrency,
    InvalidCountry,
    InvalidMcc,
    NoEntity,
    TextTooLong,
    TooManyAttributes,
    CardNumber,
    InvalidUtf8,
    DuplicateField,
    TooManyUnknownFields,

    /// <summary>
    /// No refusal: the payment is decided, and its dead letter says that another one has its id.
    /// </summary>
    ConflictingId,
}
