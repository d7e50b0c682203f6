namespace StreamScoring.Mapping;

/// <summary>What becomes of the letters of a text.</summary>
public enum TextCase
{
    /// <summary>They stay.</summary>
    AsWritten,

    /// <summary>Capital letters.</summary>
    Upper,

    /// <summary>Small letters.</summary>
    Lower,
}
