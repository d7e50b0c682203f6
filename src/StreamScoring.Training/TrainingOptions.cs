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

    /// <summary>
    /// Of LightGBM. They wait for each other in a loop, so that several cost more than they save
    /// where rows are few or other work wants the cores. The model is the same with any number.
    /// </summary>
    public int Threads { get; init; } = 1;
}
