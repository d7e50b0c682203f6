namespace StreamScoring.Files;

/// <summary>What a column of attributes holds. It is decided for the column, never cell by
/// cell.</summary>
public enum ColumnType
{
    Text,
    Number,
}
