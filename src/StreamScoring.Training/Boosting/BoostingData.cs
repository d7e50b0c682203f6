using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Boosting;

/// <summary>Rows to fit to, and rows to measure on; null where none tell kinds apart.</summary>
internal sealed class BoostingData : IDisposable
{
    public BoostingData(LabelledRows training, LabelledRows? validation, BoostingSettings settings)
    {
        Settings = settings;
        Training = new LightGbmDataset(training, settings.OfDataset(), null);
        Validation = validation is null ? null : new LightGbmDataset(validation, settings.OfDataset(), Training);
    }

    public BoostingSettings Settings { get; }

    public LightGbmDataset Training { get; }

    public LightGbmDataset? Validation { get; }

    public void Dispose()
    {
        Validation?.Dispose();
        Training.Dispose();
    }
}
