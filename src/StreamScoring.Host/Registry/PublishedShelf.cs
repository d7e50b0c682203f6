using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Serving;
using StreamScoring.Signals;

namespace StreamScoring.Host.Registry;

/// <summary>
/// Versions that were published for a deployment whose policy comes from logs, and their roles, as
/// its control log has them at the time of reading.
/// </summary>
internal sealed class PublishedShelf : IModelShelf
{
    private readonly Topology _topology;
    private readonly CancellationToken _cancel;
    private readonly ControlHistory _history;
    private readonly PublishedFolders _folders;

    /// <exception cref="Kafka.KafkaFailedException">The control log cannot be read.</exception>
    public PublishedShelf(Topology topology, CancellationToken cancel)
    {
        (_topology, _cancel) = (topology, cancel);
        _history = PolicyLogs.HistoryOf(topology, cancel);
        // Read where it was written, not from a mirror.
        _folders = new PublishedFolders(PublishedFolders.PlaceOf(topology), PolicyLogs.ModelsOf(topology), TimeSpan.Zero);
        Published = PublishedModels.Read(_history.InForce.TextOf(ControlPart.Models));
    }

    /// <summary>What is in force.</summary>
    public PublishedModels Published { get; }

    /// <inheritdoc/>
    public string Place => $"{_topology.File}: the log of its policy";

    /// <inheritdoc/>
    public string TakenWhen => "between two batches, once they have its model";

    /// <inheritdoc/>
    public string? ChampionOtherwise => $"the topology's ({_topology.ModelFolder})";

    /// <inheritdoc/>
    public IReadOnlyList<(ModelReference Model, RegistryEvent Event)> Models()
    {
        var added = History().Where(change => change.Kind == RegistryEvent.Added).ToLookup(change => change.Hash, StringComparer.Ordinal);
        return [.. Published.Versions.Select(version => (version.Model, added[version.Model.ToString()].Last()))];
    }

    /// <inheritdoc/>
    public ModelRoles KnownRoles() => Published.Roles;

    /// <inheritdoc/>
    public IReadOnlyList<RegistryEvent> History()
    {
        var events = new List<RegistryEvent>();
        foreach (var entry in _history.Entries.Where(entry => entry.Refusal is null && entry.Before.HashOf(ControlPart.Models) != entry.InForce.HashOf(ControlPart.Models)))
        {
            var (before, now) = (PublishedModels.Read(entry.Before.TextOf(ControlPart.Models)), PublishedModels.Read(entry.InForce.TextOf(ControlPart.Models)));
            var (at, by, why) = (PolicyLogs.TimeOf(entry.AtMs), entry.Change!.By, entry.Change.Why.Length > 0 ? entry.Change.Why : null);
            events.AddRange(now.Versions.Except(before.Versions).Select(version => new RegistryEvent(at, by, why, RegistryEvent.Added, version.Model.ToString(), null, Files: version.Files)));
            events.AddRange(RoleChanges.Of(before.Roles, now.Roles, now.Before.Count < before.Before.Count, at, by, why));
        }

        return events;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ModelReference> ChampionsBefore() =>
        Published.Roles.Champion is null ? throw new InvalidInputFileException($"{Place} has no champion; the one of {_topology.File} decides. Promote a version") : Published.Before;

    /// <inheritdoc/>
    public string FolderOf(ModelReference model) => _folders.FolderOf(Published.Versions.First(version => version.Model == model), _cancel);

    /// <summary>Whether the topic of models still holds all of a version.</summary>
    public bool IsThere(PublishedVersion version) => _folders.IsThere(version, _cancel);

    /// <inheritdoc/>
    public IRoleEdit EditRoles() => new Edit(this);

    /// <summary>Publishes other models in the place of those in force.</summary>
    /// <param name="why">Null where nothing was said.</param>
    /// <exception cref="Kafka.KafkaFailedException">It is not written, or does not count: somebody
    /// else was faster.</exception>
    public void Publish(PublishedModels models, string by, string? why) => PolicyLogs.Publish(
        _topology,
        new ControlChange(ChangeText.Require("--by", by), why is null ? "" : ChangeText.Require("--why", why), [ControlPart.Of(ControlPart.Models, models.ToText(), _history.InForce.HashOf(ControlPart.Models))]),
        _cancel);

    /// <summary>A change that no process could apply is not published.</summary>
    /// <exception cref="InvalidInputFileException">No policy can be made of it.</exception>
    private void RequirePolicy(PublishedModels models)
    {
        using var meter = new EngineMeter();
        using var files = new PolicyFiles(_topology, Artifacts.Load(_topology, _cancel), meter, _folders);
        var control = _history.InForce;
        var change = new ControlChange("", "", [ControlPart.Of(ControlPart.Models, models.ToText(), control.HashOf(ControlPart.Models))]);
        files.PolicyOf(_topology, control.With(change, offset: 0, atMs: 0, out _), _cancel).Held?.Dispose();
    }

    private sealed class Edit(PublishedShelf shelf) : IRoleEdit
    {
        public void SetRoles(ModelRoles roles, bool isRollback, string by, string? why)
        {
            var models = shelf.Published.With(roles, isRollback);
            shelf.RequirePolicy(models);
            shelf.Publish(models, by, why);
        }

        public void Dispose()
        {
            // Nobody is kept from changing them: the log says which of two changes counts.
        }
    }
}
