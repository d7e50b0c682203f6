namespace StreamScoring.Training.Rows;

/// <summary>An input of the model, as training rows hold it.</summary>
public sealed record InputColumn(string Name)
{
    public bool IsText { get; init; }

    /// <summary>Whether its values are names of kinds without an order. Texts are.</summary>
    public bool IsCategory { get; init; }

    /// <summary>1: more of it never means a lower probability; -1: never a higher one; 0:
    /// whatever the rows say.</summary>
    public int Direction { get; init; }

    /// <summary>
    /// Of a text: those that have a number, which is their place here. Others count as missing.
    /// </summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The text of a number in the rows; empty for a missing one.</summary>
    internal string TextOf(float code) => code >= 0 && code < Texts.Count ? Texts[(int)code] : "";
}
