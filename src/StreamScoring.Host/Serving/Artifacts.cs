using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Drift;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Onnx;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.Signals;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What a topology names, loaded and checked against each other: features, champion, shadow models,
/// rules. What a policy is made of.
/// </summary>
internal sealed class Artifacts : IDisposable
{
    private readonly LoadedModels _loaded;

    private Artifacts(FeatureFile features, LoadedModels loaded, IReadOnlyList<ServedModel> models, IReadOnlyList<ShadowModel> shadows, CurrencyRates? rates, PolicyRules? rules) =>
        (Features, _loaded, Models, Shadows, Rates, Rules) = (features, loaded, models, shadows, rates, rules);

    public FeatureFile Features { get; }

    /// <summary>Those that may decide, in the order of their roles.</summary>
    public IReadOnlyList<ServedModel> Models { get; }

    /// <summary>Their names, in the same order.</summary>
    public IReadOnlyList<string> ModelNames => [.. Models.Select(served => served.Model.Name)];

    public OnnxModel Champion => (OnnxModel)Models.Single(served => served.Role == ModelRole.Champion).Model;

    public IReadOnlyList<ShadowModel> Shadows { get; }

    /// <summary>As they were when the models were loaded; null where the topology names none.
    /// </summary>
    public PolicyRules? Rules { get; }

    /// <inheritdoc cref="Rules"/>
    public CurrencyRates? Rates { get; }

    public IReadOnlyList<string> ShadowIds => [.. Shadows.Select(shadow => shadow.Id)];

    /// <summary>
    /// What whoever serves the models should know, each said of a model's folder.
    /// </summary>
    public required IReadOnlyList<(string Folder, string Notice)> Notices { get; init; }

    /// <summary>Told what models fail of while they serve; null: nobody is.</summary>
    public ModelFailures? Failures { get; init; }

    /// <summary>What decides by these and a topology's thresholds.</summary>
    /// <param name="meter">Where the shadow models' answers and the rules' hits are
    /// counted.</param>
    public PolicyParts PolicyOf(Topology topology, EngineMeter meter) => PolicyOf(topology, meter, Rules, Rates);

    /// <inheritdoc cref="PolicyOf(Topology, EngineMeter)"/>
    /// <param name="rules">Those of now; null: none.</param>
    /// <param name="foldedRates">By which features take amounts, where no log says so.</param>
    /// <param name="drift">Watches the models that decide; null: nobody does.</param>
    public PolicyParts PolicyOf(Topology topology, EngineMeter meter, PolicyRules? rules, CurrencyRates? foldedRates, DriftWatch? drift = null)
    {
        var shadowIds = ShadowIds;
        var champion = Models.Single(served => served.Role == ModelRole.Champion);
        var stamp = new DecisionStamp(
            Features.Hash, rules?.File.Hash, topology.Hash, Features.Schema.Names, (long)topology.Budget.TotalMilliseconds)
        {
            ShadowIds = shadowIds,
            FeatureTexts = Features.Schema.Texts,
        };
        return new PolicyParts(champion.Model, champion.Columns, stamp, topology.Thresholds)
        {
            Others = [.. Models.Where(served => served != champion)],
            Canary = topology.Canary is { } canary ? new CanaryShare(Models.Single(served => served.Role == ModelRole.Canary).Model.Name, canary.Percent, canary.By) : null,
            ModelMeters = new ModelMeters(meter, [.. Models.Select(served => (served.Id, served.Role))]),
            Drift = drift?.Open([.. Models.Select(served => WatchedModel.Of(served, ((OnnxModel)served.Model).Reference))]),
            Shadows = new ShadowOptions(Shadows, topology.ShadowWaitMax, new ShadowMeters(meter, shadowIds, topology.Thresholds)),
            Reasons = topology.Reasons,
            HasLadder = topology.Ladder ?? Models.Any(served => served.Role == ModelRole.Fallback),
            FoldedRates = foldedRates,
            Rules = rules is null ? null : rules with { Meters = new RuleMeters(meter, rules.File.Rules) },
        };
    }

    /// <exception cref="InvalidInputFileException">A file is wrong, or the model does not fit the
    /// features.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Artifacts Load(Topology topology, CancellationToken cancel) => Load(topology, FeatureFiles.Load(topology.FeatureFile), failures: null, cancel);

    /// <inheritdoc cref="Load(Topology, CancellationToken)"/>
    /// <param name="features">The topology's, already read.</param>
    /// <param name="failures">To be told what models fail of while they serve; null: nobody
    /// is.</param>
    /// <param name="before">Whose models are taken where they are the same; null: none are.</param>
    /// <param name="leavesShadowsOut">Whether a shadow that does not fit is left out, and
    /// <paramref name="failures"/> told: it must keep no other model from its role.</param>
    public static Artifacts Load(Topology topology, FeatureFile features, ModelFailures? failures, CancellationToken cancel, Artifacts? before = null, bool leavesShadowsOut = false)
    {
        if (topology.BaseFeatureFile is { } smaller)
        {
            FeatureSupersets.Require(topology.FeatureFile, smaller);
        }

        // Two roles of one folder share its model.
        string[] folders = [.. topology.ServedFolders.Select(served => served.Folder).Concat(topology.ShadowFolders).Distinct(StringComparer.Ordinal)];
        var loaded = LoadedModels.Load(folders, topology, before?._loaded, cancel, (folder, cause) => topology.ServedFolders.All(served => served.Folder != folder) && IsLeftOut(folder, cause));
        try
        {
            var champion = loaded.Of(topology.ModelFolder);
            // A model does not stand in for itself.
            ServedModel[] models = [.. topology.ServedFolders.Where(served => served.Role != ModelRole.Previous || loaded.Of(served.Folder).Version != champion.Version).Select(served => new ServedModel(served.Role, loaded.Of(served.Folder), ColumnsOf(served.Folder)))];
            ShadowModel[] shadows = [.. topology.ShadowFolders.Where(loaded.Has).Select(ShadowOf).OfType<ShadowModel>()];
            if (shadows.GroupBy(shadow => shadow.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
            {
                throw new InvalidInputFileException($"{topology.File}: models.shadows names {twice.Key} twice");
            }

            if (models.FirstOrDefault(served => served.Role is ModelRole.Canary or ModelRole.Fallback && served.Model.Version == champion.Version) is { } same)
            {
                throw new InvalidInputFileException($"{topology.File}: {same.Id} is the champion, and the {same.Role.ToString().ToLowerInvariant()} too; name another model, or take one of the two away");
            }

            var rates = RuleArtifacts.RatesOf(topology, published: null);
            if (features.UsesBaseAmount && rates is null && topology.Control is null)
            {
                throw new InvalidInputFileException($"{topology.FeatureFile} looks at amount_base, and {topology.File} names no rates; add rates: FILE (docs/rules.md, Money)");
            }

            var rules = topology.Control is not null ? null : RuleArtifacts.Load(topology, features, [.. models.Select(served => served.Model.Name)], [.. shadows.Select(shadow => shadow.Id)], rates, before: null);
            return new Artifacts(features, loaded, models, shadows, rates, rules)
            {
                Failures = failures,
                Notices = [.. folders.Where(loaded.Has).SelectMany(folder => loaded.Of(folder).Notices.Select(notice => (folder, notice))), .. UnusedEngines(topology, [.. folders.Where(loaded.Has).Select(folder => loaded.Of(folder).Name)])],
            };
        }
        catch
        {
            loaded.Dispose();
            throw;
        }

        ShadowModel? ShadowOf(string folder)
        {
            try
            {
                return new ShadowModel(ServedModel.IdOf(loaded.Of(folder)), loaded.Of(folder), ColumnsOf(folder));
            }
            catch (InvalidInputFileException e)
            {
                if (!IsLeftOut(folder, e))
                {
                    throw;
                }

                return null;
            }
        }

        bool IsLeftOut(string folder, InvalidInputFileException cause)
        {
            if (leavesShadowsOut)
            {
                failures?.LeftOut(folder, cause.Message);
            }

            return leavesShadowsOut;
        }

        IReadOnlyList<int> ColumnsOf(string folder) => ModelColumns.Of(loaded.Of(folder).Inputs, folder, features, topology.FeatureFile);
    }

    public void Dispose() => _loaded.Dispose();

    /// <summary>It may be of a model that is to come, or misspelt.</summary>
    private static IEnumerable<(string File, string Notice)> UnusedEngines(Topology topology, IReadOnlyList<string> names) =>
        topology.ModelEngines.Keys.Where(name => !names.Contains(name)).Select(name => (topology.File, $"models.engines names {name}, and no model in a role is called that; they are called {string.Join(", ", names.Distinct())}"));
}
