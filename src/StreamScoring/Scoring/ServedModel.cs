namespace StreamScoring.Scoring;

/// <summary>A model that may decide.</summary>
/// <param name="Columns">For each input of the model, the column of the feature matrix.</param>
public sealed record ServedModel(ModelRole Role, IFraudModel Model, IReadOnlyList<int> Columns)
{
    /// <summary>As metrics and the log name it.</summary>
    public string Id => IdOf(Model);

    /// <summary>
    /// Its name and as many of the version's digits as tell two versions apart.
    /// </summary>
    public static string IdOf(IFraudModel model)
    {
        const string Prefix = "sha256:";
        const int Digits = 12;
        ArgumentNullException.ThrowIfNull(model);
        return $"{model.Name}@{model.Version[Prefix.Length..][..Digits]}";
    }
}
