using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Serving;
using StreamScoring.Scoring;
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
        _folders = new PublishedFolders(PublishedFolders.PlaceOf(topology), PolicyLogs.ModelsOf(topology));
        try
        {
            Published = PublishedModels.Read(_history.InForce.TextOf(ControlPart.Models));
        }
        catch (InvalidInputFileException e)
        {
            // Somebody wrote it by hand, and processes go on with what they have. The next change
            // takes its place.
            Published = _history.Entries.Where(entry => entry.Refusal is null).Select(entry => ReadIfAny(entry.InForce.TextOf(ControlPart.Models))).OfType<PublishedModels>().LastOrDefault() ?? PublishedModels.None;
            Console.Error.WriteLine($"{Place}: what counts now cannot be read, so this looks at what was before it, and a change of roles mends it: {e.Message}");
        }
    }

    /// <summary>What is in force; of a text that is wrong, what was before it.</summary>
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
        var before = PublishedModels.None;
        foreach (var entry in _history.Entries.Where(entry => entry.Refusal is null && entry.Before.HashOf(ControlPart.Models) != entry.InForce.HashOf(ControlPart.Models)))
        {
            if (ReadIfAny(entry.InForce.TextOf(ControlPart.Models)) is not { } now)
            {
                // Somebody wrote it by hand. What came after it is compared with what was before.
                continue;
            }

            var (at, by, why) = (PolicyLogs.TimeOf(entry.AtMs), entry.Change!.By, entry.Change.Why.Length > 0 ? entry.Change.Why : null);
            events.AddRange(now.Versions.Except(before.Versions).Select(version => new RegistryEvent(at, by, why, RegistryEvent.Added, version.Model.ToString(), null, Files: version.Files)));
            events.AddRange(RoleChanges.Of(before.Roles, now.Roles, now.Before.Count < before.Before.Count, at, by, why));
            before = now;
        }

        return events;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ModelReference> ChampionsBefore() =>
        Published.Roles.Champion is null ? throw new InvalidInputFileException($"{Place} has no champion; the one of {_topology.File} decides. Promote a version") : Published.Before;

    /// <inheritdoc/>
    public string FolderOf(ModelReference model) => _folders.FolderOf(VersionOf(model), TimeSpan.Zero, _cancel);

    /// <inheritdoc/>
    public string? ProblemOf(ModelReference model, bool isThorough) => !isThorough || IsThere(VersionOf(model)) ? null : "the topic of models does not hold it as it was published; push it again";

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

    private PublishedVersion VersionOf(ModelReference model) => Published.Versions.First(version => version.Model == model);

    /// <returns>Null for a text that is wrong.</returns>
    private static PublishedModels? ReadIfAny(string? text)
    {
        try
        {
            return PublishedModels.Read(text);
        }
        catch (InvalidInputFileException)
        {
            return null;
        }
    }

    /// <summary>A change that no process could apply is not published.</summary>
    /// <exception cref="InvalidInputFileException">No policy can be made of it.</exception>
    private void RequirePolicy(PublishedModels models)
    {
        // Processes have the graphics cards that this machine may lack.
        var topology = _topology with { ModelEngines = _topology.ModelEngines.ToDictionary(engine => engine.Key, engine => engine.Value with { Device = ModelDevice.Cpu }) };
        using var meter = new EngineMeter();
        using var files = new PolicyFiles(topology, Artifacts.Load(topology, _cancel), meter, _folders);
        var control = _history.InForce;
        var change = new ControlChange("", "", [ControlPart.Of(ControlPart.Models, models.ToText(), control.HashOf(ControlPart.Models))]);
        files.PolicyOf(topology, control.With(change, offset: 0, atMs: 0, out _), TimeSpan.Zero, _cancel).Held?.Dispose();
    }

    private sealed class Edit(PublishedShelf shelf) : IRoleEdit
    {
        public void SetRoles(ModelRoles roles, bool isRollback, string by, string? why)
        {
            var models = shelf.Published.With(roles, isRollback);
            shelf.RequirePolicy(models);
            if (!shelf.Published.HasRoles && shelf._topology is { Canary: not null } or { FallbackFolder: not null } or { ShadowFolders.Count: > 0 })
            {
                Console.Error.WriteLine($"{shelf._topology.File}: from now on canary, fallback and shadows are those that are published, and not the file's");
            }

            shelf.Publish(models, by, why);
        }

        public void Dispose()
        {
            // Nobody is kept from changing them: the log says which of two changes counts.
        }
    }
}
