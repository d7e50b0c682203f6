using StreamScoring.Training.Boosting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>What a model is trained with.</summary>
public sealed record TrainingOptions
{
    /// <summary>Trees at the most, where validation rows say when to stop.</summary>
    public const int TreesDefault = 1000;

    /// <summary>Where nothing says when to stop.</summary>
    public const int TreesUnmeasured = 200;

    public required string Name { get; init; }

    /// <summary>As typed: it goes on the model's card.</summary>
    public required string Command { get; init; }

    public required string FeatureFileHash { get; init; }

    public required string DataFile { get; init; }

    /// <summary>The column that says whether a payment was fraud.</summary>
    public required string Label { get; init; }

    public required IReadOnlyList<InputColumn> Columns { get; init; }

    /// <summary>Features of the file that are texts, so that they are named and not dropped without
    /// a word.</summary>
    public IReadOnlyList<string> TextsLeftOut { get; init; } = [];

    public SplitOptions Split { get; init; } = SplitOptions.ByOrder;

    public ModelKind Kind { get; init; } = ModelKind.Trees;

    public BoostingParameters Boosting { get; init; } = BoostingParameters.Default;

    /// <summary>At the most; null: <see cref="TreesDefault"/> with validation rows, else
    /// <see cref="TreesUnmeasured"/>.</summary>
    public int? Trees { get; init; }

    /// <summary>So many trees in a row that do not help are enough; 0: all trees are
    /// added.</summary>
    public int Patience { get; init; } = 50;

    /// <summary>Boosters of one seed each, whose mean is the model.</summary>
    public int Members { get; init; } = 1;

    /// <summary>How much more a fraud counts than a genuine payment; null: so much that both kinds
    /// count alike.</summary>
    public double? FraudWeight { get; init; } = 1;

    public CalibrationKind Calibration { get; init; } = CalibrationKind.Platt;

    /// <summary>
    /// Whether the model that is kept is fitted once more, to all rows, with what the validation
    /// part taught.
    /// </summary>
    public bool Refits { get; init; } = true;

    /// <summary>Null: parameters are as given.</summary>
    public SearchOptions? Search { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>That work at the same time. The model is the same with any number.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Name and version of the model that this one is to follow; null: none.</summary>
    public string? Parent { get; init; }
}
