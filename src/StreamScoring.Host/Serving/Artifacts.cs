using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
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
    /// <summary>
    /// As many of the hash's digits as a decision names a shadow model by: two that have them in
    /// common have the same file.
    /// </summary>
    private const int IdDigits = 12;

    private Artifacts(FeatureFile features, OnnxModel champion, IReadOnlyList<int> columns, IReadOnlyList<ShadowModel> shadows, CurrencyRates? rates, PolicyRules? rules) =>
        (Features, Champion, ChampionColumns, Shadows, Rates, Rules) = (features, champion, columns, shadows, rates, rules);

    public FeatureFile Features { get; }

    public OnnxModel Champion { get; }

    /// <summary>For each input of the champion, the feature's column.</summary>
    public IReadOnlyList<int> ChampionColumns { get; }

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
    public PolicyParts PolicyOf(Topology topology, EngineMeter meter, PolicyRules? rules, CurrencyRates? foldedRates)
    {
        var shadowIds = ShadowIds;
        var stamp = new DecisionStamp(
            Champion.Name, Champion.Version, Champion.Engine, Features.Hash, rules?.File.Hash, topology.Hash, Features.Schema.Names, (long)topology.Budget.TotalMilliseconds)
        {
            ShadowIds = shadowIds,
            FeatureTexts = Features.Schema.Texts,
        };
        return new PolicyParts(Champion, ChampionColumns, stamp, topology.Thresholds)
        {
            Shadows = new ShadowOptions(Shadows, topology.ShadowWaitMax, new ShadowMeters(meter, shadowIds, topology.Thresholds)),
            Reasons = topology.Reasons,
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
    public static Artifacts Load(Topology topology, FeatureFile features, ModelFailures? failures, CancellationToken cancel)
    {
        var options = new ModelLoadOptions { Engine = topology.ScoringEngine, LoadMax = topology.ModelLoadMax, CallMax = topology.ModelCallMax, Cancel = cancel };
        var loaded = new List<OnnxModel>();
        try
        {
            string[] folders = [topology.ModelFolder, .. topology.ShadowFolders];
            foreach (var folder in folders)
            {
                loaded.Add(OnnxModelLoader.LoadFolder(folder, options));
            }

            var champion = loaded[0];
            var columns = ModelColumns.Of(champion.Inputs, topology.ModelFolder, features, topology.FeatureFile);
            ShadowModel[] shadows = [.. loaded.Skip(1).Select((model, i) =>
                new ShadowModel(IdOf(model), model, ModelColumns.Of(model.Inputs, topology.ShadowFolders[i], features, topology.FeatureFile)))];
            if (shadows.GroupBy(shadow => shadow.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
            {
                throw new InvalidInputFileException($"{topology.File}: models.shadows names {twice.Key} twice");
            }

            var rates = RuleArtifacts.RatesOf(topology, published: null);
            if (features.UsesBaseAmount && rates is null && topology.Control is null)
            {
                throw new InvalidInputFileException($"{topology.FeatureFile} looks at amount_base, and {topology.File} names no rates; add rates: FILE (docs/rules.md, Money)");
            }

            var rules = topology.Control is not null ? null : RuleArtifacts.Load(topology, features, champion.Name, [.. shadows.Select(shadow => shadow.Id)], rates, before: null);
            return new Artifacts(features, champion, columns, shadows, rates, rules)
            {
                Failures = failures,
                Notices = [.. loaded.SelectMany((model, i) => model.Notices.Select(notice => (folders[i], notice)))],
            };
        }
        catch
        {
            loaded.ForEach(model => model.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var model in Models)
        {
            model.Dispose();
        }
    }

    private IEnumerable<OnnxModel> Models => [Champion, .. Shadows.Select(shadow => (OnnxModel)shadow.Model)];

    private static string IdOf(OnnxModel model) => $"{model.Name}@{model.Version["sha256:".Length..][..IdDigits]}";
}
