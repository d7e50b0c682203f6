namespace StreamScoring.Mapping;

/// <summary>What a source says of a value beside its text.</summary>
public enum SourceKind : byte
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>A cell of a table: it does not say whether it is a text or a number.</summary>
    Cell,

    /// <summary>A text, such as a string of JSON: it is taken as it is written.</summary>
    Text,

    /// <summary>A number, in decimal.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,
}
