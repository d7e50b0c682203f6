namespace StreamScoring.Features;

/// <summary>What a running column of an event adds up.</summary>
internal enum SeriesKind : byte
{
    /// <summary>Payments that pass the filter.</summary>
    Count,

    /// <summary>Payments that pass the filter and have the value.</summary>
    ValueCount,

    /// <summary>The values, as scaled integers.</summary>
    Sum,

    /// <summary>Their squares.</summary>
    Squares,

    /// <summary>Payments that pass the filter and are labelled fraud.</summary>
    Frauds,

    /// <summary>Smallest value so far.</summary>
    SmallestEver,

    /// <summary>Largest value so far.</summary>
    LargestEver,
}

/// <summary>
/// A column that holds, at each event, the total of all events up to it in event-time order. A
/// window's total is then the difference of two events, and the total of all time is one event's.
/// </summary>
/// <param name="Value">Index of the numeric value; -1 where none.</param>
/// <param name="Column">Position within an event, in longs.</param>
/// <param name="Words">Longs that it takes, the lowest first: as many as what is read from it needs
/// (<see cref="TotalWidth"/>).</param>
internal readonly record struct Series(SeriesKind Kind, int Value, int Filter, int Column, int Words)
{
    /// <summary>
    /// Whether totals of more events than a key keeps one by one go beyond its words, so that only
    /// differences of near ones hold.
    /// </summary>
    public bool Wraps => Words < TotalWidth.Words(Kind);
}

/// <summary>
/// Columns for counting distinct values: the value's hash, and when the same value stood before.
/// </summary>
/// <param name="PreviousColumn">Event time of the newest earlier event with the same value that
/// passes the filter; <see cref="EntityState.MissingValue"/> for none.</param>
internal readonly record struct DistinctColumns(ValueSource Source, int Filter, int HashColumn, int PreviousColumn);

/// <summary>The newest events that must be kept however old they are.</summary>
/// <param name="CountColumn">Where they are many: the running count of those that pass the filter;
/// -1: positions count.</param>
internal readonly record struct KeptCount(int Filter, int Count, long DelayMs, int CountColumn)
{
    public bool AreMany => Count > 2;
}
