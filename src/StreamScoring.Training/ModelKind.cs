namespace StreamScoring.Training;

/// <summary>What a model is made of.</summary>
public enum ModelKind
{
    /// <summary>Boosted trees.</summary>
    Trees,

    /// <summary>Logistic regression.</summary>
    Logistic,
}
