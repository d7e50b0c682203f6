using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Lists;
using StreamScoring.Scoring;
using StreamScoring.Signals;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Makes the policies of a replay: those that decided, with what is put in their parts' places.
/// What only shows, such as reasons and meters, is left out; what a policy is called is what it
/// would be called with it.
/// </summary>
internal sealed class ReplayPolicy : IPolicyMaker, IDisposable
{
    private readonly ReplayChanges _changes;
    private readonly EngineMeter _meter = new();
    private readonly Artifacts? _artifacts;
    private readonly PolicyFiles? _files;
    private readonly LogPolicy? _log;
    private readonly Topology _topology;
    private readonly string? _rules;
    private readonly ConditionalWeakTable<PolicyParts, PolicyParts> _whole = [];
    private (PolicyParts? Of, ListSet? Lists, string Id) _named = (null, null, "");

    /// <param name="published">Models that a log names; null: none does.</param>
    /// <exception cref="Configuration.InvalidInputFileException">A file is wrong.</exception>
    public ReplayPolicy(Topology topology, FeatureFile features, ReplayChanges changes, PublishedFolders? published, CancellationToken cancel)
    {
        (_topology, _changes) = (topology, changes);
        var artifacts = Artifacts.Load(_topology, features, failures: null, cancel);
        if (_topology.Control is null)
        {
            _artifacts = artifacts;
            return;
        }

        _files = new PolicyFiles(_topology, artifacts, _meter, published);
        _log = new LogPolicy(_files, () => _topology, NullLogger.Instance, cancel);
        _rules = _changes.RuleFile is { } file ? File.ReadAllText(file) : null;
    }

    /// <summary>What decides first.</summary>
    /// <param name="control">What the control log had said by then.</param>
    public PolicyParts AtStart(ControlState control) => _artifacts is not null ? Plain(_artifacts.PolicyOf(_topology, _meter)) : Make(control);

    /// <inheritdoc/>
    public PolicyParts Make(ControlState control)
    {
        Invariant.Require(_log is not null);
        return Plain(_log.Make(Changed(control)));
    }

    /// <inheritdoc/>
    public CurrencyRates? RatesOf(string? published) => _log?.RatesOf(published);

    /// <summary>As decisions name the policy.</summary>
    /// <param name="lists">Null where the policy has its own.</param>
    public string IdOf(PolicyParts parts, ListSet? lists)
    {
        if (_named.Of != parts || _named.Lists != lists)
        {
            var whole = _whole.TryGetValue(parts, out var found) ? found : parts;
            _named = (parts, lists, lists is not null && whole.Rules is { File.Uses.Lists.Count: > 0 } ? whole.IdBy(lists.Lists) : whole.Id);
        }

        return _named.Id;
    }

    public void Dispose()
    {
        _artifacts?.Dispose();
        _files?.Dispose();
        _meter.Dispose();
    }

    /// <summary>What the log says, with the changes in its place.</summary>
    private ControlState Changed(ControlState control)
    {
        if (_rules is not null)
        {
            control = With(control, ControlPart.Rules, _rules);
        }

        if (_changes.Settings.Count > 0)
        {
            control = With(control, ControlPart.Settings, PolicySettings.Merge(control.TextOf(ControlPart.Settings), _changes.Settings));
        }

        if (_changes.HasModel && control.TextOf(ControlPart.Models) is { } models)
        {
            var published = PublishedModels.Read(models);
            control = With(control, ControlPart.Models, published.With(published.Roles with { Champion = null, Previous = null, Canary = null, Fallback = null }, isRollback: false).ToText());
        }

        return control;
    }

    private static ControlState With(ControlState control, string kind, string text) =>
        control.With(new ControlChange("replay", "replay", [ControlPart.Of(kind, text, control.HashOf(kind))]), offset: 0, atMs: 0, out _);

    private PolicyParts Plain(PolicyParts whole)
    {
        var plain = whole with
        {
            Reasons = ReasonOptions.None,
            ModelMeters = null,
            Shadows = new ShadowOptions([.. whole.Shadows.Models.Select(shadow => shadow with { Model = new SilentModel(shadow.Model) })], TimeSpan.Zero),
            Rules = whole.Rules is { } rules ? rules with { Meters = null } : null,
        };
        _whole.Add(plain, whole);
        return plain;
    }
}
