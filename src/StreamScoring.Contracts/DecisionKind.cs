namespace StreamScoring.Contracts;

/// <summary>What a field of a decision holds, and how it looks in each wire form.</summary>
internal enum DecisionKind
{
    /// <summary>JSON only: the decision's id, made of the array at its position.</summary>
    Id,
    Text,

    /// <summary>32 bits; a long has 64.</summary>
    Integer,
    Long,

    /// <summary>A double; null where there is none.</summary>
    Number,

    /// <summary>ISO 8601 in JSON, ms since the Unix epoch in MessagePack.</summary>
    Time,

    /// <summary>Milliseconds in JSON, whole microseconds in MessagePack.</summary>
    Duration,

    /// <summary><c>sha256:</c> and hexadecimal digits in JSON, bytes in MessagePack.</summary>
    Hash,
    Texts,

    /// <summary>A map of numbers; one of values may also hold texts.</summary>
    Numbers,
    Values,

    /// <summary>An object in JSON, an array in MessagePack; groups are an array of them.</summary>
    Group,
    Groups,
}
