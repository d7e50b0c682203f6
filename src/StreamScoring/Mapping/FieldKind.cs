namespace StreamScoring.Mapping;

/// <summary>What a source is made into.</summary>
public enum FieldKind
{
    /// <summary>One of the text fields.</summary>
    Text,

    /// <summary>The event time.</summary>
    EventTime,

    /// <summary>The amount.</summary>
    Amount,

    /// <summary>An attribute that is a text.</summary>
    AttributeText,

    /// <summary>An attribute that is a number.</summary>
    AttributeNumber,

    /// <summary>Whether it was fraud.</summary>
    Fraud,

    /// <summary>No field: it says whether the record is a payment at all.</summary>
    Skip,
}
