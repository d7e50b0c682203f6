using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>What whoever loads a model says about it, and how long it may take.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>What may evaluate it. ONNX Runtime loads and checks it in any case.</summary>
    public ScoringEngine Engine { get; init; } = ScoringEngine.Auto;

    /// <summary>How ONNX Runtime computes it; the tree kernel does not ask.</summary>
    public ModelEngine Runtime { get; init; } = ModelEngine.Default;

    /// <summary>
    /// What a bare file's output is; null to tell it from the model. A folder's card says it.
    /// </summary>
    public OutputKind? Kind { get; init; }

    /// <summary>
    /// Which class is fraud, before what a card says; null: as the classes' names say.
    /// </summary>
    public string? FraudClass { get; init; }

    /// <summary>
    /// Which output holds the number, as the file names it, before what a card says; null: there is
    /// one alone.
    /// </summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// Whether somebody chose a bare file's columns: then what the file says of their order is not
    /// asked for.
    /// </summary>
    public bool AreColumnsChosen { get; init; }

    /// <summary>
    /// The table that a bare file is to score: its rows show what the model is. Null: made-up ones
    /// do.
    /// </summary>
    public string? Table { get; init; }

    /// <summary>How long loading may take, with all that is tried.</summary>
    public TimeSpan LoadMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one call of the loaded model may take; one of a single row an eighth of it.
    /// </summary>
    public TimeSpan CallMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gives loading up.</summary>
    public CancellationToken Cancel { get; init; }
}
