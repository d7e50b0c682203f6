namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// The reader's rule, written down once more: of each source log the highest position seen is kept,
/// and what is not above it is dropped.
/// </summary>
public static class VisibleRecords
{
    /// <param name="records">Each partition in offset order.</param>
    /// <returns>What a reader sees, in order, and how much it drops.</returns>
    public static (List<LogRecord> Seen, int Dropped) Of(IEnumerable<LogRecord> records)
    {
        var highest = new Dictionary<(string, string, int), long>();
        var (seen, dropped) = (new List<LogRecord>(), 0);
        foreach (var record in records)
        {
            var source = record.Source!.Value;
            if (source.Offset > highest.GetValueOrDefault(source.Log, -1))
            {
                highest[source.Log] = source.Offset;
                seen.Add(record);
            }
            else
            {
                dropped++;
            }
        }

        return (seen, dropped);
    }
}
