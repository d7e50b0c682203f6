using StreamScoring.Decisions;

namespace StreamScoring.Host.Comparing;

/// <summary>A shadow's answers beside what was decided for the same payments.</summary>
internal sealed class ShadowTally(RiskThresholds thresholds)
{
    private readonly SortedDictionary<(string Champion, string Shadow), long> _actions = [];

    public long Answers { get; private set; }

    public long Late { get; private set; }

    public long Same { get; private set; }

    /// <summary>Payments that thresholds decided: of others a rule decided, whatever the score.
    /// </summary>
    public long Compared { get; private set; }

    public ScoreBins Scores { get; } = new();

    public ScoreBins DecidedScores { get; } = new();

    public LabelledFlags Shadow { get; } = new();

    public LabelledFlags Decided { get; } = new();

    public long Labelled { get; private set; }

    /// <summary>By what was decided and what the shadow would have done.</summary>
    public IReadOnlyDictionary<(string Champion, string Shadow), long> Actions => _actions;

    /// <param name="isFraud">Null where no label is known.</param>
    public void Add(double probability, bool isLate, int decidedScore, string decidedAction, bool isByThresholds, bool? isFraud)
    {
        Answers++;
        Late += isLate ? 1 : 0;
        Scores.Add(RiskScore.FromProbability(probability));
        DecidedScores.Add(decidedScore);
        var action = isByThresholds ? thresholds.ActionOf(probability).ToString().ToLowerInvariant() : decidedAction;
        if (isByThresholds)
        {
            Compared++;
            Same += action == decidedAction ? 1 : 0;
            _actions[(decidedAction, action)] = _actions.GetValueOrDefault((decidedAction, action)) + 1;
        }

        if (isFraud is { } fraud)
        {
            Labelled++;
            Shadow.Add(action != RoleTally.Allowed, fraud);
            Decided.Add(decidedAction != RoleTally.Allowed, fraud);
        }
    }
}
