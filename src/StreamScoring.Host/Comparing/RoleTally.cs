namespace StreamScoring.Host.Comparing;

/// <summary>What a model decided in its role.</summary>
internal sealed class RoleTally
{
    public const string Allowed = "allow";

    private readonly SortedDictionary<string, long> _actions = new(StringComparer.Ordinal);

    public long Payments { get; private set; }

    public long StandIns { get; private set; }

    public long Labelled { get; private set; }

    public ScoreBins Scores { get; } = new();

    public LabelledFlags Flags { get; } = new();

    public IReadOnlyDictionary<string, long> Actions => _actions;

    /// <param name="isFraud">Null where no label is known.</param>
    public void Add(int score, string action, bool isStandIn, bool? isFraud)
    {
        Payments++;
        StandIns += isStandIn ? 1 : 0;
        Scores.Add(score);
        _actions[action] = _actions.GetValueOrDefault(action) + 1;
        if (isFraud is { } fraud)
        {
            Labelled++;
            Flags.Add(action != Allowed, fraud);
        }
    }
}
