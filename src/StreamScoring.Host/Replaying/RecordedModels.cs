using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Scores by the model that scored: which one that was may have depended on the moment (the
/// deadline ladder, a model that failed), and where roles are those of a registry, on when a
/// process looked at them. The decision says it. By one thread.
/// </summary>
internal sealed class RecordedModels(Topology topology, FeatureFile features, CancellationToken cancel) : IDisposable
{
    private readonly Dictionary<string, Lane?> _ofRegistry = new(StringComparer.Ordinal);

    /// <summary>Until the batch ends: with it its policy may go, and the policy's models.</summary>
    private readonly Dictionary<string, Lane> _ofBatch = new(StringComparer.Ordinal);
    private readonly List<Artifacts> _loaded = [];
    private readonly double[] _raw = new double[1];

    private sealed record Lane(ScoreCalibration Calibration, IScoringLane Scoring);

    /// <summary>Sees to it that a row has the score of the model that decided it.</summary>
    /// <returns>Why it has not; null where it has.</returns>
    public string? Score(PaymentBatch batch, int rowIndex, RecordedVerdict verdict, IReadOnlyList<ServedModel> models)
    {
        if (double.IsNaN(verdict.Probability))
        {
            // No model gave a number: the budget left no time for one, or all failed.
            (batch.RawScore[rowIndex], batch.Probability[rowIndex], batch.ModelGiven[rowIndex]) = (double.NaN, double.NaN, PaymentBatch.NoModel);
            return null;
        }

        var given = batch.ModelGiven[rowIndex];
        if (given != PaymentBatch.NoModel && models[given].Model.Version == verdict.ModelVersion)
        {
            return null;
        }

        var lane = LaneOf(batch, verdict, models);
        if (lane is null)
        {
            return $"the model {verdict.ModelName}@{verdict.ModelVersion} that decided it is not at hand";
        }

        lane.Scoring.Score(batch.Features, [rowIndex], _raw);
        (batch.RawScore[rowIndex], batch.Probability[rowIndex]) = (_raw[0], lane.Calibration.Probability(_raw[0]));
        var index = models.Index().FirstOrDefault(served => served.Item.Model.Version == verdict.ModelVersion, (-1, null!)).Index;
        batch.ModelGiven[rowIndex] = (byte)(index >= 0 ? index : models.Index().First(served => served.Item.Role == ModelRole.Champion).Index);
        return null;
    }

    /// <summary>The batch's policy may go.</summary>
    public void EndBatch()
    {
        foreach (var lane in _ofBatch.Values)
        {
            lane.Scoring.Dispose();
        }

        _ofBatch.Clear();
    }

    public void Dispose()
    {
        EndBatch();
        foreach (var lane in _ofRegistry.Values)
        {
            lane?.Scoring.Dispose();
        }

        _loaded.ForEach(artifacts => artifacts.Dispose());
    }

    private Lane? LaneOf(PaymentBatch batch, RecordedVerdict verdict, IReadOnlyList<ServedModel> models)
    {
        if (_ofBatch.TryGetValue(verdict.ModelVersion, out var open))
        {
            return open;
        }

        if (models.FirstOrDefault(served => served.Model.Version == verdict.ModelVersion) is { } served)
        {
            return _ofBatch[verdict.ModelVersion] = new Lane(served.Model.Calibration, served.Model.OpenLane(served.Columns, batch.RowsMax));
        }

        return _ofRegistry.TryGetValue(verdict.ModelVersion, out var known) ? known : _ofRegistry[verdict.ModelVersion] = OfRegistry(batch, verdict);
    }

    private Lane? OfRegistry(PaymentBatch batch, RecordedVerdict verdict)
    {
        if (topology.RegistryFolder is not { } folder || !ModelReference.IsVersion(verdict.ModelVersion))
        {
            return null;
        }

        var place = ModelRegistry.Open(folder).FolderOf(new ModelReference(verdict.ModelName, verdict.ModelVersion));
        if (!Directory.Exists(place))
        {
            return null;
        }

        try
        {
            var artifacts = Artifacts.Load(
                topology with { ModelFolder = place, PreviousFolder = null, Canary = null, FallbackFolder = null, ShadowFolders = [], RuleFile = null }, features, failures: null, cancel);
            _loaded.Add(artifacts);
            var champion = artifacts.Models.Single();
            return new Lane(champion.Model.Calibration, champion.Model.OpenLane(champion.Columns, batch.RowsMax));
        }
        catch (InvalidInputFileException)
        {
            // It does not fit the features, or its folder is damaged.
            return null;
        }
    }
}
