namespace StreamScoring.Training;

/// <summary>How a model's numbers become what happens.</summary>
public enum CalibrationKind
{
    /// <summary>They stay as they are.</summary>
    None,

    /// <summary>A line over the log-odds, in the model itself.</summary>
    Platt,

    /// <summary>A rising curve over the probability, on the card.</summary>
    Isotonic,
}
