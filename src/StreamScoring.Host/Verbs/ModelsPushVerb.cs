using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Registry;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

/// <summary>Publishes a version for a deployment whose policy comes from logs.</summary>
internal static class ModelsPushVerb
{
    public static Command Build()
    {
        var model = ModelsVerb.ModelArgument;
        var topology = CommonOptions.Topology();
        var registry = new Option<string?>("--registry") { Description = "The registry that has it (default: the topology's, models.registry)", HelpName = "DIR" };
        var again = new Option<bool>("--again") { Description = "Publishes it once more where it is published already: processes that could not have it try anew" };
        var (why, json) = (ModelsVerb.WhyIfAny, CommonOptions.Json());
        var verb = new Command("push",
            """
            Publishes a version of a registry for a deployment whose policy comes from logs (policy: log): its files go to the topic of models,
            in slices, and from there to every process that needs them. No disk is shared. It has no role by that: models promote NAME and
            models role give it one, with the same --topology.

            Example:
              scoring models push challenger --registry data/registry --topology topology/handbook/topology.yaml --why "trained on March"
            """) { model, topology, registry, again, why, json };
        verb.Runs((parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), []);
            var shelf = new PublishedShelf(file, cancel);
            var from = ModelRegistry.Open(parsed.GetValue(registry) ?? file.RegistryFolder
                ?? throw new InvalidInputFileException($"{file.File} names no registry; say which one has the model: --registry DIR (scoring models add puts it there)"));
            var version = from.Find(parsed.GetRequiredValue(model));
            RegistryCheck.Require(from, version, file.FeatureFile);
            var published = Push(file, shelf, from, version, parsed.GetValue(again), ModelsVerb.WhyOf(parsed), cancel);
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { model = version.ToString(), bytes = published.Bytes, offset = published.Offset }) : version.ToString());
            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    /// <param name="again">Also where it is there.</param>
    /// <param name="why">Null where nothing was said.</param>
    /// <exception cref="InvalidInputFileException">The same model is there under another name.
    /// </exception>
    /// <exception cref="Kafka.KafkaFailedException">It cannot be written, or somebody else
    /// published at the same time.</exception>
    internal static PublishedVersion Push(Topology file, PublishedShelf shelf, ModelRegistry from, ModelReference model, bool again, string? why, CancellationToken cancel)
    {
        var folder = from.FolderOf(model);
        var files = ModelRegistry.FilesHashOf(folder);
        switch (shelf.Published.Versions.FirstOrDefault(version => version.Model.Version == model.Version))
        {
            case { Model: var other } when other != model:
                throw new InvalidInputFileException($"{shelf.Place}: the same model is there as {other}; use it by that name");
            case { } same when !again && same.Files == files && shelf.IsThere(same):
                Console.Error.WriteLine($"{model} is published already");
                return same;
        }

        using var archive = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        ModelArchive.Write(folder, archive);
        archive.Position = 0;
        var topic = PolicyLogs.ModelsOf(file);
        var offset = topic.End(cancel);
        var slices = ModelChunk.CountOf(archive.Length);
        using (var line = new ProgressLine())
        {
            topic.Write(PublishedFolders.Slices(model.Hex, archive), new Dictionary<string, string>(), written => line.Show($"{model.Name}: {written:N0} of {slices:N0} slices"), cancel);
        }

        var published = new PublishedVersion(model, files, archive.Length, offset);
        // Published once more, it is there for the reason that it was.
        why ??= shelf.Models().FirstOrDefault(entry => entry.Model == model).Event?.Why;
        shelf.Publish(shelf.Published.With(published), PolicyLogs.Me, why);
        Console.Error.WriteLine($"{model} published: {archive.Length:N0} bytes");
        return published;
    }
}
