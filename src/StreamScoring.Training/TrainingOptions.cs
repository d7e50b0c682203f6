namespace StreamScoring.Training;

/// <summary>What a model is trained with.</summary>
/// <param name="Command">As typed: it goes on the model's card.</param>
public sealed record TrainingOptions(
    string Name, string FeatureFileHash, string DataFile, string Label, IReadOnlyList<string> Inputs, int Trees, int Leaves, double LearningRate, int Seed,
    string Command);
