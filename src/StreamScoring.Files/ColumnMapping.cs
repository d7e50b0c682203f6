namespace StreamScoring.Files;

/// <summary>Where one payment field comes from.</summary>
/// <param name="Column">Null where every row takes the default.</param>
/// <param name="Default">What an empty cell becomes; null leaves the field out.</param>
/// <param name="Type">Of attributes: what the file declares; null leaves it to their use.</param>
public sealed record ColumnMapping(string? Column, AmountUnit Unit, TimeFormat Format, string? Default, ColumnType? Type = null);
