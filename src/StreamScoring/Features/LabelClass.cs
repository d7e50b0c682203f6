namespace StreamScoring.Features;

/// <summary>
/// What must be known of a payment for a feature to count it. The names in feature files are these
/// in snake_case.
/// </summary>
internal enum LabelClass : byte
{
    /// <summary>Nothing.</summary>
    Any,

    /// <summary>It has a label.</summary>
    Known,

    Fraud,

    /// <summary>It has a label, which says that it is no fraud.</summary>
    Genuine,

    /// <summary>It is not labelled as a fraud: genuine, or nothing is known of it.</summary>
    NotFraud,
}
