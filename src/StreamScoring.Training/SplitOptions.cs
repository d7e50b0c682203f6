namespace StreamScoring.Training;

/// <summary>Which rows are fitted to, and which ones measured on. Time decides.</summary>
/// <param name="TimeColumn">When a row's payment was; null: the table does not say, and its order
/// stands for it.</param>
/// <param name="FromMs">Rows before are left out; null: from the first one on.</param>
/// <param name="ToMs">Rows from then on are left out; null: up to the last one.</param>
/// <param name="GapMs">Between both parts: so long a payment's label takes. Null: as
/// <paramref name="LabelDelayMs"/>, but at most a fifth of the time.</param>
/// <param name="ValidationMs">How long the last part is; null: a fifth of the time.</param>
/// <param name="LabelDelayMs">That the feature file counts with.</param>
public sealed record SplitOptions(string? TimeColumn, long? FromMs, long? ToMs, long? GapMs, long? ValidationMs, long LabelDelayMs)
{
    public static readonly SplitOptions ByOrder = new(null, null, null, null, null, 0);
}
