namespace StreamScoring.Scoring;

/// <summary>A model that may decide.</summary>
/// <param name="Columns">For each input of the model, the column of the feature matrix.</param>
public sealed record ServedModel(ModelRole Role, IFraudModel Model, IReadOnlyList<int> Columns);
