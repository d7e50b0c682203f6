using StreamScoring.Regions;

namespace StreamScoring.Simulation;

/// <summary>A partition as a broker keeps it: records in offset order, never changed.</summary>
internal sealed class SimulatedLog
{
    /// <summary>One record.</summary>
    /// <param name="Source">Of an answer: the log that it answers; likewise the offset.</param>
    /// <param name="Vector">Of a decision: the vector of its batch.</param>
    /// <param name="CarriesVector">The decision has it as a header. Others of the batch have not; it is kept beside them for the oracle.</param>
    /// <param name="SourceTopicId">Of an answer: the id of the topic that it answers.</param>
    public sealed record Record(long TimestampMs, byte[] Value, LogId Source, long SourceOffset, byte[] Vector, bool CarriesVector, string? SourceTopicId = null);

    private readonly List<Record> _records = [];

    /// <summary>By offset, also those that are deleted: a reader may have fetched them before.</summary>
    public IReadOnlyList<Record> Records => _records;

    /// <summary>The first offset that is still there.</summary>
    public long Begin { get; private set; }

    /// <summary>Deletes the records before this offset.</summary>
    public void Truncate(long begin) => Begin = Math.Clamp(begin, Begin, _records.Count);

    public void Append(Record record) => _records.Add(record);
}
