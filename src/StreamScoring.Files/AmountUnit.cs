namespace StreamScoring.Files;

/// <summary>What a table's amounts count.</summary>
public enum AmountUnit
{
    /// <summary>Cents of EUR, whole yen.</summary>
    Minor,

    /// <summary>Euros with decimals.</summary>
    Major,
}
