using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>All logs that a process reads.</summary>
internal sealed class SimulatedSource(List<SimulatedReader> readers, PartitionOwnership ownership) : ILogSource
{
    public IReadOnlyList<ILogReader> Readers => readers;

    public IReadOnlyList<SimulatedReader> Logs => readers;

    /// <summary>Another region's log could be reached.</summary>
    public void Join(SimulatedReader reader)
    {
        readers.Add(reader);
        readers.Sort((left, right) => left.LogIndex.CompareTo(right.LogIndex));
    }

    public bool IsCompleted => false;

    public void Start(Action wake, Action<Exception> failed)
    {
    }

    public void Acknowledged(int logIndex, long nextOffset, int count) => ownership.Acknowledged(logIndex, nextOffset, count);

    public void Dispose()
    {
    }
}
