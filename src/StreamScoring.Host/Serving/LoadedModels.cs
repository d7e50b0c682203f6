using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Models by folder. One that is loaded already is shared where its folder does not change: the
/// hash that it is called by says so, or a change of files takes a restart, as with a policy from
/// logs. A role that passes from one version to another then loads nothing.
/// </summary>
internal sealed class LoadedModels : IDisposable
{
    private readonly Dictionary<string, (Shared<OnnxModel> Model, IDisposable Hold)> _models = new(StringComparer.Ordinal);

    private LoadedModels()
    {
    }

    /// <param name="before">Held by the caller meanwhile; null: all are loaded.</param>
    /// <param name="isLeftOut">Whether one that cannot be loaded is left out; null: none
    /// is.</param>
    /// <exception cref="InvalidInputFileException">One cannot be loaded.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static LoadedModels Load(IEnumerable<string> folders, Topology topology, LoadedModels? before, CancellationToken cancel, Func<string, InvalidInputFileException, bool>? isLeftOut = null)
    {
        var options = new ModelLoadOptions { Engine = topology.ScoringEngine, LoadMax = topology.ModelLoadMax, CallMax = topology.ModelCallMax, Cancel = cancel };
        var loaded = new LoadedModels();
        try
        {
            foreach (var folder in folders)
            {
                try
                {
                    var shared = before is not null && (topology.Control is not null || NeverChanges(folder)) && before._models.TryGetValue(folder, out var same) ? same.Model : Load(folder);
                    loaded._models.Add(folder, (shared, shared.Hold()));
                }
                catch (InvalidInputFileException e)
                {
                    if (isLeftOut?.Invoke(folder, e) != true)
                    {
                        throw;
                    }
                }
            }

            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }

        Shared<OnnxModel> Load(string folder) => Directory.Exists(folder)
            ? new Shared<OnnxModel>(OnnxModelLoader.LoadFolder(folder, options with { Runtime = topology.ModelEngines.GetValueOrDefault(ModelCard.Load(folder).Name, ModelEngine.Default) }))
            : throw new InvalidInputFileException($"{folder}: the model's folder is gone; add it again (scoring models add), or take its role away (scoring models role shadow NAME --remove)");
    }

    public bool Has(string folder) => _models.ContainsKey(folder);

    public OnnxModel Of(string folder) => _models[folder].Model.Value;

    public void Dispose()
    {
        foreach (var (_, hold) in _models.Values)
        {
            hold.Dispose();
        }
    }

    /// <summary>Folders of a registry, and of versions that were published.</summary>
    private static bool NeverChanges(string folder) => ModelReference.IsVersion($"sha256:{Path.GetFileName(folder)}");
}
