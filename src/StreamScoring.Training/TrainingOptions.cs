namespace StreamScoring.Training;

/// <summary>What a model is trained with.</summary>
/// <param name="Command">As typed: it goes on the model's card.</param>
public sealed record TrainingOptions(
    string Name, string FeatureFileHash, string DataFile, string Label, IReadOnlyList<string> Inputs, int Trees, int Leaves, double LearningRate, int Seed,
    string Command)
{
    /// <summary>Features of the file that are texts, so that they are named and not dropped without
    /// a word.</summary>
    public IReadOnlyList<string> TextsLeftOut { get; init; } = [];
}
