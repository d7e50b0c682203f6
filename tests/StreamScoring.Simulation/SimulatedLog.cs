using StreamScoring.Regions;

namespace StreamScoring.Simulation;

/// <summary>A partition as a broker keeps it: records in offset order, never changed.</summary>
internal sealed class SimulatedLog
{
    /// <summary>One record.</summary>
    /// <param name="Source">Of an answer: the log that it answers; likewise the offset.</param>
    /// <param name="Vector">Of a decision: the vector of its batch.</param>
    /// <param name="CarriesVector">The decision has it as a header. Others of the batch have not; it is kept beside them for the oracle.</param>
    public sealed record Record(long TimestampMs, byte[] Value, LogId Source, long SourceOffset, byte[] Vector, bool CarriesVector);

    private readonly List<Record> _records = [];

    public IReadOnlyList<Record> Records => _records;

    public void Append(Record record) => _records.Add(record);
}
