using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Drift;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.Signals;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Makes policies of the files that a topology names. Models are loaded again where the topology
/// names others than before; whoever still decides by the ones before keeps them until its last
/// batch.
/// </summary>
internal sealed class PolicyFiles : IDisposable
{
    private readonly EngineMeter _meter;
    private readonly PublishedFolders? _published;
    private readonly DriftWatch? _drift;

    /// <summary>A file and a log may ask for other models at once.</summary>
    private readonly Lock _loading = new();
    private Shared<Artifacts> _artifacts;
    private IDisposable _hold;
    private Topology _of;
    private PolicyRules? _rules;
    private CurrencyRates? _rates;

    /// <param name="artifacts">Loaded by the topology; from here on these files'.</param>
    /// <param name="meter">Where the shadow models' answers are counted.</param>
    /// <param name="published">Models that a log names; null: none does.</param>
    /// <param name="drift">Watches the models that decide; null: nobody does.</param>
    public PolicyFiles(Topology topology, Artifacts artifacts, EngineMeter meter, PublishedFolders? published = null, DriftWatch? drift = null)
    {
        (_published, _drift, _of, _meter, _artifacts, _rules, _rates) = (published, drift, topology, meter, new Shared<Artifacts>(artifacts), artifacts.Rules, artifacts.Rates);
        _hold = _artifacts.Hold();
    }

    public FeatureFile Features => Current.Features;

    public ModelFailures? Failures => Current.Failures;

    /// <summary>What was loaded last and taken.</summary>
    public Artifacts Current => Volatile.Read(ref _artifacts).Value;

    /// <summary>The rules that were loaded last and taken; null where there are none.</summary>
    public PolicyRules? Rules => Volatile.Read(ref _rules);

    /// <summary>
    /// The policy of what the control log says. Models are loaded where it names others than those
    /// that are loaded.
    /// </summary>
    /// <param name="wait">For a published model that is not to be had.</param>
    /// <exception cref="InvalidInputFileException">It does not fit the features, or a model cannot
    /// be had.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public PolicyParts PolicyOf(Topology topology, ControlState control, ModelWait wait, CancellationToken cancel)
    {
        // Outside of the lock, as a model may be waited for.
        var named = WithPublished(PolicySettings.Apply(topology, control.TextOf(ControlPart.Settings)), control.TextOf(ControlPart.Models), wait, cancel);
        lock (_loading)
        {
            if (!NamesSameModels(named))
            {
                var loaded = Artifacts.Load(named, Features, Failures, cancel, Current);
                Take(new LoadedFiles(named, new Shared<Artifacts>(loaded), loaded.Rules, loaded.Rates));
            }

            // First what can fail: nobody lets go of a hold then.
            var rules = RuleArtifacts.OfLog(named, Features, Current.ModelNames, Current.ShadowIds, control);
            return Held(_artifacts, rules, foldedRates: null, named);
        }
    }

    private Topology WithPublished(Topology topology, string? text, ModelWait wait, CancellationToken cancel)
    {
        var models = PublishedModels.Read(text);
        return PublishedRoles.Apply(topology, models, model => (_published ?? throw new InvalidInputFileException($"{model} was published, and this process reads no topic of models"))
            .FolderOf(models.Versions.First(version => version.Model == model), wait, cancel));
    }

    /// <summary>The policy of what is loaded, with a topology's thresholds.</summary>
    public PolicyParts PolicyOf(Topology topology) => Held(_artifacts, _rules, _rates, topology);

    /// <summary>
    /// Loads the models that the topology names, if they are not those that are loaded, and its
    /// rules and lists, and makes a policy of them.
    /// </summary>
    /// <returns>The policy; and what makes these files those that later policies are made of.
    /// Either has to be used or disposed of.</returns>
    /// <exception cref="InvalidInputFileException">A file is wrong, or a model does not fit the
    /// features.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public (PolicyParts Policy, LoadedFiles Files) Load(Topology topology, CancellationToken cancel)
    {
        var artifacts = NamesSameModels(topology) ? _artifacts : new Shared<Artifacts>(Artifacts.Load(topology, Features, Failures, cancel, Current, leavesShadowsOut: true));
        var loaded = artifacts.Value;
        // Models that were loaded anew came with their rules and rates.
        var rates = artifacts == _artifacts ? RuleArtifacts.RatesOf(topology, published: null) : loaded.Rates;
        if (Features.UsesBaseAmount && topology.Control is null && _rates?.BaseIndex != rates?.BaseIndex)
        {
            throw new InvalidInputFileException($"{topology.RatesFile ?? topology.File}: the base of the rates changed, and features hold amounts in the one of before ({topology.FeatureFile} looks at amount_base); keep the base, or start a process anew without its snapshots");
        }

        var rules = topology.Control is not null ? null : artifacts == _artifacts ? RuleArtifacts.Load(topology, Features, loaded.ModelNames, loaded.ShadowIds, rates, _rules) : loaded.Rules;
        return (Held(artifacts, rules, rates, topology), new LoadedFiles(topology, artifacts, rules, rates));
    }

    /// <summary>From now on these are what policies are made of.</summary>
    public void Take(LoadedFiles files)
    {
        var before = _hold;
        _hold = files.Hold;
        _of = files.Topology;
        Volatile.Write(ref _rules, files.Rules);
        Volatile.Write(ref _rates, files.Rates);
        Volatile.Write(ref _artifacts, files.Artifacts);
        before.Dispose();
    }

    public void Dispose() => _hold.Dispose();

    private bool NamesSameModels(Topology topology) =>
        topology.ServedFolders.SequenceEqual(_of.ServedFolders) && topology.ShadowFolders.SequenceEqual(_of.ShadowFolders, StringComparer.Ordinal);

    private PolicyParts Held(Shared<Artifacts> artifacts, PolicyRules? rules, CurrencyRates? foldedRates, Topology topology) =>
        artifacts.Value.PolicyOf(topology, _meter, rules, foldedRates, _drift) with { Held = artifacts.Hold() };

    /// <summary>
    /// Artifacts that were loaded, held until it is known whether they are taken.
    /// </summary>
    internal sealed class LoadedFiles(Topology topology, Shared<Artifacts> artifacts, PolicyRules? rules, CurrencyRates? rates) : IDisposable
    {
        public Topology Topology => topology;

        public PolicyRules? Rules => rules;

        public CurrencyRates? Rates => rates;

        public Shared<Artifacts> Artifacts => artifacts;

        public IDisposable Hold { get; } = artifacts.Hold();

        public void Dispose() => Hold.Dispose();
    }
}
