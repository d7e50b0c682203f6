using StreamScoring.Ingest;

namespace StreamScoring.Workloads;

/// <summary>The port on in-memory logs.</summary>
public sealed class MemoryLogSource(IReadOnlyList<MemoryLog> logs) : ILogSource
{
    private readonly long[] _committed = new long[logs.Count];
    private Action _wake = () => { };

    public IReadOnlyList<ILogReader> Readers => logs;

    /// <summary>Set once nothing will be appended any more.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>By log index: everything before it is decided and acknowledged.</summary>
    public IReadOnlyList<long> Committed => _committed;

    public void Start(Action wake, Action<Exception> failed) => _wake = wake;

    /// <summary>Says that something was appended.</summary>
    public void Wake() => _wake();

    public void Complete()
    {
        IsCompleted = true;
        _wake();
    }

    public void Acknowledged(int logIndex, long nextOffset, int count)
    {
        Invariant.Require(nextOffset > _committed[logIndex]);
        _committed[logIndex] = nextOffset;
    }

    public void Dispose()
    {
    }
}
