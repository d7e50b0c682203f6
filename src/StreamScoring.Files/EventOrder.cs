namespace StreamScoring.Files;

/// <summary>The order in which a table's payments are taken.</summary>
public enum EventOrder
{
    /// <summary>By event time; ties in file order.</summary>
    EventTime,

    /// <summary>As they stand, which is how lateness is reproduced.</summary>
    File,
}
