namespace StreamScoring.Onnx.Inputs;

/// <summary>How many rows a call may hold.</summary>
/// <param name="Min">Fewer are filled up with copies of the first.</param>
/// <param name="Max">At the most.</param>
/// <param name="AreAlike">All rows of a call are copies of one, as each depends on the
/// others.</param>
internal sealed record CallRows(int Min, int Max, bool AreAlike)
{
    public static CallRows Any { get; } = new(1, int.MaxValue, AreAlike: false);

    /// <summary>Rows of a call that differ.</summary>
    public int DifferentMax => AreAlike ? 1 : Max;

    public static CallRows Exactly(int rows) => new(rows, rows, AreAlike: false);
}
