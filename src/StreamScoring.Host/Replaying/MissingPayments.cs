namespace StreamScoring.Host.Replaying;

/// <summary>Decisions that could not be derived again, counted by why. From any thread.</summary>
internal sealed class MissingPayments
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);

    public long Count { get; private set; }

    public void Add(string reason, long count = 1)
    {
        lock (_gate)
        {
            _byReason[reason] = _byReason.GetValueOrDefault(reason) + count;
            Count += count;
        }
    }

    public IReadOnlyList<(string Reason, long Count)> ByReason
    {
        get
        {
            lock (_gate)
            {
                return [.. _byReason.Select(reason => (reason.Key, reason.Value))];
            }
        }
    }
}
