namespace StreamScoring.Lists;

/// <summary>What a rule looks for in a list.</summary>
[Flags]
public enum ListUse
{
    None = 0,

    /// <summary>A text, byte for byte.</summary>
    Text = 1,

    /// <summary>A number, by its value.</summary>
    Number = 2,

    /// <summary>An address, in networks.</summary>
    Network = 4,
}
