using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>A partition as a broker keeps it: records in offset order, never changed.</summary>
internal sealed class SimulatedLog
{
    /// <summary>One record.</summary>
    /// <param name="Source">Of an answer: the log that it answers; likewise the offset.</param>
    /// <param name="Vector">Of a decision: the vector of its batch.</param>
    /// <param name="CarriesVector">The decision has it as a header. Others of the batch have not;
    /// it is kept beside them for the oracle.</param>
    /// <param name="SourceTopicId">Of an answer: the id of the topic that it answers.</param>
    /// <param name="Writer">Of a decision: the process that wrote it.</param>
    public sealed record Record(long TimestampMs, byte[] Value, LogId Source, long SourceOffset, byte[] Vector, bool CarriesVector, string? SourceTopicId = null, string Writer = "");

    private readonly List<Record> _records = [];
    private readonly Queue<(Record Record, SimulatedTransaction? Transaction)> _unstable = new();

    /// <summary>
    /// By offset, also those that are deleted: a reader may have fetched them before. As a reader
    /// of what is committed sees them: none of an aborted transaction, and none behind an open one.
    /// </summary>
    public IReadOnlyList<Record> Records => _records;

    /// <summary>The first offset that is still there.</summary>
    public long Begin { get; private set; }

    /// <summary>Deletes the records before this offset.</summary>
    public void Truncate(long begin) => Begin = Math.Clamp(begin, Begin, _records.Count);

    /// <summary>Whether records are there that cannot be read yet.</summary>
    public bool HasOpen => _unstable.Count > 0;

    public void Append(Record record) => Append(record, transaction: null);

    /// <param name="transaction">That it is part of; null for none.</param>
    public void Append(Record record, SimulatedTransaction? transaction)
    {
        if (transaction is null && _unstable.Count == 0)
        {
            _records.Add(record);
            return;
        }

        _unstable.Enqueue((record, transaction));
        Settle();
    }

    /// <summary>Perhaps a transaction ended.</summary>
    public void Settle()
    {
        while (_unstable.TryPeek(out var next) && next.Transaction is not { State: TransactionState.Open })
        {
            _unstable.Dequeue();
            if (next.Transaction is null or { State: TransactionState.Committed })
            {
                _records.Add(next.Record);
            }
        }
    }
}
