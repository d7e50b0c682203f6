namespace StreamScoring.Scoring;

/// <summary>A model that scores every payment beside the champion and decides nothing.</summary>
/// <param name="Id">How decisions and metrics name it: the card's name and the beginning of the
/// file's hash.</param>
/// <param name="FeatureColumns">For each input of the model, the column of the feature
/// matrix.</param>
public sealed record ShadowModel(string Id, IFraudModel Model, IReadOnlyList<int> FeatureColumns);
