using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>What a columns file says of one field: where it comes from, and how it is
/// read.</summary>
public sealed record ColumnMapping
{
    /// <summary>Columns by name, joined where they are several; empty: a constant, or
    /// <see cref="Position"/>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The column's place in the header, from 1; null where it is named.</summary>
    public int? Position { get; init; }

    /// <summary>Whether it is the row's number.</summary>
    public bool IsRowNumber { get; init; }

    /// <summary>The column that is looked at where the others are empty.</summary>
    public string? DefaultFrom { get; init; }

    /// <summary>What an empty cell becomes; null leaves the field out.</summary>
    public string? Default { get; init; }

    /// <summary>What stands between joined columns.</summary>
    public string Separator { get; init; } = "-";

    public string Prefix { get; init; } = "";

    public TextCase Case { get; init; }

    public WordTable? Words { get; init; }

    public WordTable? Missing { get; init; }

    /// <summary>Of texts: whether <c>91750.0</c> is <c>91750</c>.</summary>
    public bool IsWhole { get; init; }

    public CardToken? Token { get; init; }

    /// <summary>Whether card numbers are not looked for in it: it holds others that look
    /// so.</summary>
    public bool IgnoresCardNumbers { get; init; }

    /// <summary>Of attributes: what the file declares; null leaves it to their use.</summary>
    public ColumnType? Type { get; init; }

    public TimeReading Time { get; init; } = TimeReading.Iso;

    public AmountReading Amount { get; init; } = AmountReading.Minor;

    /// <summary>Of numbers: null leaves it to the table.</summary>
    public bool IsCommaDecimal { get; init; }

    /// <summary>Where it stands in the columns file, for messages; null where there is
    /// none.</summary>
    public string? Place { get; init; }
}
