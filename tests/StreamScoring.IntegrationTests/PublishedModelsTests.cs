using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host;
using StreamScoring.Host.Registry;
using StreamScoring.Host.Serving;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A deployment whose policy comes from logs gets its models from there too: docs/policy.md,
/// Models.
/// </summary>
public sealed class PublishedModelsTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>, IDisposable
{
    private const int Payments = 300;

    private readonly CopiedTopology _file = new();

    public void Dispose() => _file.Dispose();

    [SharedFact]
    public async Task Models_are_pushed_promoted_shared_out_and_taken_back_through_kill_9_and_the_loss_of_the_disk()
    {
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text}");
        var own = $"generated@{OwnVersion()}";
        var (first, second, registry) = (await AddAsync("first", "0.9"), await AddAsync("second", "0.8"), Path.Combine(_file.Folder, "registry"));
        await VerbAsync("topics", "create");
        Assert.Equal(first, (await VerbAsync("models", "push", "first", "--registry", registry, "--why", "try")).Output.Trim());
        await VerbAsync("models", "push", "second", "--registry", registry, "--why", "lower");
        Assert.Contains("is published already", (await VerbAsync("models", "push", "second", "--registry", registry)).Errors, StringComparison.Ordinal);
        await VerbAsync("models", "push", "second", "--registry", registry, "--again");
        Assert.Contains("\"why\":\"lower\"", (await VerbAsync("models", "list", "--json")).Output, StringComparison.Ordinal);
        var worlds = new DecidedWorlds(cluster, _file.Folder, Payments);
        using (var run = new RunningProcess(cluster.Environment, "run", "--topology", _file.FilePath))
        {
            using var http = await DecidedWorlds.ReadyAsync(run);
            await worlds.DecideAsync(http, seed: 1);

            await VerbAsync("models", "promote", "first", "--why", "better");
            await ModelsOnceAsync(http, [("champion", "first"), ("previous", "generated")]);
            await worlds.DecideAsync(http, seed: 2);

            await VerbAsync("models", "role", "canary", "second", "--percent", "40", "--by", "card_id");
            await ModelsOnceAsync(http, [("canary", "second"), ("champion", "first"), ("previous", "generated")]);
            run.Kill();
            await run.EndsAsync();
        }

        // A disk that was lost, and one that was damaged.
        var kept = Path.Combine(cluster.Environment["SCORING_DATA"], "models");
        Directory.Delete(Path.Combine(kept, first[^64..]), recursive: true);
        File.WriteAllText(Path.Combine(kept, second[^64..], "card.yaml"), "version: 1\n");
        using (var run = new RunningProcess(cluster.Environment, "run", "--topology", _file.FilePath))
        {
            using var http = await DecidedWorlds.ReadyAsync(run);
            await worlds.DecideAsync(http, seed: 3);

            await VerbAsync("models", "role", "canary", "second", "--remove");
            await VerbAsync("models", "rollback");
            await ModelsOnceAsync(http, [("champion", "generated")]);
            await worlds.DecideAsync(http, seed: 4);
            await run.SignalAsync("INT");
            Assert.Equal(130, await run.EndsAsync());
        }

        var decisions = (await worlds.DecisionsAsync()).ToDictionary(decision => decision.PaymentId, decision => $"{decision.ModelName}@{decision.ModelVersion} {decision.Role}");
        Assert.Equal(4 * Payments, decisions.Count);
        var share = new CanaryShare("second", 40, TextField.CardId);
        foreach (var (seed, expected) in ((int, Func<string, string>)[])[
            (1, _ => $"{own} champion"), (2, _ => $"{first} champion"), (3, card => share.Has(Encoding.UTF8.GetBytes(card)) ? $"{second} canary" : $"{first} champion"), (4, _ => $"{own} champion")])
        {
            foreach (var (payment, card) in await worlds.CardByPaymentAsync(seed))
            {
                Assert.Equal(expected(card), decisions[payment]);
            }
        }

        Assert.Equal(
            [("added", first, "try"), ("added", second, "lower"), ("added", second, "lower"), ("champion", first, "better"), ("canary", second, null), ("canary removed", second, null), ("champion removed", first, null)],
            Lines(await VerbAsync("models", "history", "--json")).Select(change => (change.GetProperty("kind").GetString()!, change.GetProperty("hash").GetString()!, change.GetProperty("why").GetString())));
        Assert.Equal([("first", 0), ("second", 0)], Lines(await VerbAsync("models", "list", "--json")).Select(model => (model.GetProperty("name").GetString()!, model.GetProperty("roles").GetArrayLength())));
        Assert.All(Lines(await VerbAsync("models", "verify", "--json")), model => Assert.True(model.GetProperty("ok").GetBoolean()));
        Assert.All(Lines(await VerbAsync("policy", "history", "--json")), change => Assert.Equal("models", change.GetProperty("kind").GetString()));
    }

    [SharedFact]
    public async Task What_no_process_could_apply_or_came_second_is_not_published()
    {
        // Topics of its own.
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text.Replace("deadLetters:", "control: control2\n      lists: lists2\n      models: models2\n      deadLetters:", StringComparison.Ordinal)}");
        await AddAsync("first", "0.9");
        await AddAsync("same", calibration: null);
        await VerbAsync("topics", "create");
        var registry = Path.Combine(_file.Folder, "registry");
        await VerbAsync("models", "push", "first", "--registry", registry);
        await VerbAsync("models", "push", "same", "--registry", registry);
        var before = (await VerbAsync("models", "history", "--json")).Output;

        Assert.Contains("is the champion, and the canary too", await RefusedAsync("models", "role", "canary", "same"), StringComparison.Ordinal);
        Assert.Contains("has no model other; it has first, same", await RefusedAsync("models", "promote", "other", "--why", "x"), StringComparison.Ordinal);
        Assert.Contains("has no champion; the one of", await RefusedAsync("models", "rollback"), StringComparison.Ordinal);
        Assert.Contains("--why holds a card number", await RefusedAsync("models", "promote", "first", "--why", "4111 1111 1111 1111"), StringComparison.Ordinal);

        // Two who look at the same state.
        var topology = Topology();
        var (one, other) = (new PublishedShelf(topology, CancellationToken.None), new PublishedShelf(topology, CancellationToken.None));
        var model = one.Find("first");
        one.EditRoles().SetRoles(one.KnownRoles() with { Champion = model }, isRollback: false, "ann", "first");
        var late = Assert.Throws<Kafka.KafkaFailedException>(() => other.EditRoles().SetRoles(other.KnownRoles() with { Shadows = [model] }, isRollback: false, "bob", "late"));
        Assert.Contains("does not count: it is to replace models", late.Message, StringComparison.Ordinal);
        Assert.Equal(before.Split('\n').Length + 1, (await VerbAsync("models", "history", "--json")).Output.Split('\n').Length);
    }

    [SharedFact]
    public async Task A_text_that_nobody_can_read_is_healed_by_the_next_change_of_roles()
    {
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text.Replace("deadLetters:", "control: control5\n      lists: lists5\n      models: models5\n      deadLetters:", StringComparison.Ordinal)}");
        var first = await AddAsync("first", "0.9");
        await VerbAsync("topics", "create");
        await VerbAsync("models", "push", "first", "--registry", Path.Combine(_file.Folder, "registry"));
        foreach (var text in (string[])["{{{", $"champion: ghost@sha256:{new string('c', 64)}\nroles: log\nversions: []\n"])
        {
            PublishByHand(text);
            var list = await VerbAsync("models", "list", "--json");
            Assert.Contains("cannot be read, so this looks at what was before it", list.Errors, StringComparison.Ordinal);
            Assert.Equal("first", Assert.Single(Lines(list)).GetProperty("name").GetString());
            await VerbAsync("models", "role", "shadow", "first");
            Assert.Equal([first], new PublishedShelf(Topology(), CancellationToken.None).KnownRoles().Shadows.Select(model => $"{model}"));
            await VerbAsync("models", "role", "shadow", "first", "--remove");
        }
    }

    [SharedFact]
    public async Task A_model_that_is_missing_is_waited_for_until_another_change_takes_its_place()
    {
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text.Replace("deadLetters:", "control: control6\n      lists: lists6\n      models: models6\n      deadLetters:", StringComparison.Ordinal)}");
        await VerbAsync("topics", "create");
        var (topology, ghost) = (Topology(), new ModelReference("ghost", "sha256:" + new string('c', 64)));
        PublishByHand((PublishedModels.None.With(new PublishedVersion(ghost, "sha256:" + new string('d', 64), 100, 0)) with { HasRoles = true, Roles = ModelRoles.None with { Champion = ghost } }).ToText());
        var control = PolicyLogs.HistoryOf(topology, CancellationToken.None).InForce;
        using var meter = new EngineMeter();
        using var files = new PolicyFiles(topology, Artifacts.Load(topology, CancellationToken.None), meter, PublishedFolders.OfProcess(topology));
        using var givenUp = new CancellationTokenSource();
        var said = new ConcurrentQueue<string>();

        // It begins to wait, says so, and is given up.
        LogPolicy? policies = null;
        var health = "";
        policies = new LogPolicy(files, () => topology, new TextLogger(text => { said.Enqueue(text); health = policies!.Awaited; givenUp.Cancel(); }), givenUp.Token);
        Assert.Throws<OperationCanceledException>(() => policies.Make(control));
        Assert.Contains($"waits for model {ghost}, which the control log names at offset {control.Parts[ControlPart.Models].Offset}", Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal((said.Single(), null), (health, policies.Awaited));

        PublishByHand(PublishedModels.None.ToText());
        Assert.Contains("cannot be had here", Assert.Throws<PolicyNotMadeException>(() => new LogPolicy(files, () => topology, new TextLogger(said.Enqueue), CancellationToken.None).Make(control)).Message, StringComparison.Ordinal);
        Assert.Single(said);
    }

    private void PublishByHand(string text) => PolicyLogs.Publish(
        Topology(), new ControlChange("eve", "by hand", [ControlPart.Of(ControlPart.Models, text, PolicyLogs.HistoryOf(Topology(), CancellationToken.None).InForce.HashOf(ControlPart.Models))]), CancellationToken.None);

    [SharedFact]
    public async Task A_version_is_found_whatever_its_offset_is_and_what_else_the_topic_holds_and_one_that_is_not_whole_is_refused()
    {
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text.Replace("deadLetters:", "control: control3\n      lists: lists3\n      models: models3\n      deadLetters:", StringComparison.Ordinal)}");
        await VerbAsync("topics", "create");
        var topology = Topology();
        // Several slices.
        var folder = Directory.CreateDirectory(Path.Combine(_file.Folder, "large")).FullName;
        var bytes = new byte[(3 * ModelChunk.BytesMax) + 17];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), bytes);
        Directory.CreateDirectory(Path.Combine(folder, "weights"));
        File.WriteAllText(Path.Combine(folder, "weights", "a.bin"), "w");
        var (topic, model) = (PolicyLogs.ModelsOf(topology), new ModelReference("large", "sha256:" + new string('a', 64)));
        using var archive = new MemoryStream();
        ModelArchive.Write(folder, archive);
        archive.Position = 0;
        (byte[]? Key, byte[]? Value)[] slices = [.. PublishedFolders.Slices(model.Hex, archive)];
        Assert.Equal(4, slices.Length);
        (byte[]?, byte[]?)[] others = [(Encoding.UTF8.GetBytes("[]"), [1]), (ModelChunk.KeyOf(new string('b', 64), 1), [1, 2]), (ModelChunk.KeyOf(model.Hex, 9), [1]), (ModelChunk.KeyOf(model.Hex, 1), [1]), (ModelChunk.KeyOf(model.Hex, 0), null)];
        // One of two who published had to stop half way.
        topic.Write([.. others, slices[2], .. others, slices[3], slices[0], .. others, slices[1]], new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        var version = new PublishedVersion(model, ModelRegistry.FilesHashOf(folder), archive.Length, Offset: 0);
        foreach (var offset in new long[] { 0, 5, 8, 1_000_000 })
        {
            var kept = Path.Combine(_file.Folder, $"kept{offset}");
            var place = new PublishedFolders(kept, topic).FolderOf(version with { Offset = offset }, TimeSpan.Zero, CancellationToken.None);
            Assert.Equal(version.Files, ModelRegistry.FilesHashOf(place));
            Assert.Equal([place], Directory.EnumerateFileSystemEntries(kept));
        }

        var folders = new PublishedFolders(Path.Combine(_file.Folder, "none"), topic);
        Assert.Contains("does not hold it as it was published", Refusal(folders, version with { Files = "sha256:" + new string('c', 64) }), StringComparison.Ordinal);
        Assert.Contains("does not hold it as it was published", Refusal(folders, version with { Model = new ModelReference("large", "sha256:" + new string('d', 64)) }), StringComparison.Ordinal);
        Assert.Contains("does not hold it as it was published", Refusal(folders, version with { Bytes = archive.Length + 1 }), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_file.Folder, "none")));
    }

    [SharedFact]
    public async Task A_model_that_comes_after_the_change_is_waited_for_and_of_two_archives_the_newest_is_taken()
    {
        File.WriteAllText(_file.FilePath, $"policy: log\n{_file.Text.Replace("deadLetters:", "control: control4\n      lists: lists4\n      models: models4\n      deadLetters:", StringComparison.Ordinal)}");
        await VerbAsync("topics", "create");
        var (topic, model) = (PolicyLogs.ModelsOf(Topology()), new ModelReference("late", "sha256:" + new string('a', 64)));
        var (older, newer) = (Archive("older"), Archive("newer"));
        // A mirror has other offsets.
        var version = new PublishedVersion(model, newer.Files, newer.Bytes, Offset: 77);
        var waiting = Task.Run(() => new PublishedFolders(Path.Combine(_file.Folder, "waiting"), topic).FolderOf(version, TimeSpan.FromMinutes(2), CancellationToken.None));
        topic.Write(older.Slices, new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        topic.Write(newer.Slices, new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        Assert.Equal(newer.Files, ModelRegistry.FilesHashOf(await waiting));
        Assert.True(new PublishedFolders(Path.Combine(_file.Folder, "other"), topic).IsThere(version, CancellationToken.None));
        topic.Write(older.Slices, new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        Assert.False(new PublishedFolders(Path.Combine(_file.Folder, "other"), topic).IsThere(version, CancellationToken.None));
        using var givenUp = new CancellationTokenSource();
        var endless = Task.Run(() => new PublishedFolders(Path.Combine(_file.Folder, "endless"), topic).FolderOf(version, TimeSpan.FromHours(1), givenUp.Token));
        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);

        (string Files, long Bytes, List<(byte[]?, byte[]?)> Slices) Archive(string text)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_file.Folder, text)).FullName;
            File.WriteAllText(Path.Combine(folder, "model.onnx"), text);
            using var archive = new MemoryStream();
            ModelArchive.Write(folder, archive);
            archive.Position = 0;
            return (ModelRegistry.FilesHashOf(folder), archive.Length, [.. PublishedFolders.Slices(model.Hex, archive)]);
        }
    }

    private static string Refusal(PublishedFolders folders, PublishedVersion version) => Assert.Throws<InvalidInputFileException>(() => folders.FolderOf(version, TimeSpan.Zero, CancellationToken.None)).Message;

    private Topology Topology() => TopologyFile.Load(_file.FilePath, ["regions.eu.brokers=" + cluster.Brokers, $"data={_file.Folder}/data"]);

    private string OwnVersion()
    {
        using var model = Onnx.OnnxModelLoader.LoadFolder(Path.Combine(_file.Folder, "model"));
        return model.Version;
    }

    /// <summary>Adds the shipped model to a registry.</summary>
    /// <param name="calibration">What makes it another version; null: none.</param>
    private async Task<string> AddAsync(string name, string? calibration)
    {
        var (model, copy) = (Path.Combine(_file.Folder, "model"), Directory.CreateDirectory(Path.Combine(_file.Folder, $"copy-{name}")).FullName);
        foreach (var file in Directory.EnumerateFiles(model))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        if (calibration is not null)
        {
            await File.AppendAllTextAsync(Path.Combine(copy, "card.yaml"), $"calibration: {{from: [0, 1], to: [0, {calibration}]}}\n");
        }

        return (await ScoringProcess.SucceedAsync(cluster.Environment, "models", "add", "--registry", Path.Combine(_file.Folder, "registry"), "--model", copy, "--name", name)).Output.Trim();
    }

    private Task<ScoringProcess.Outcome> VerbAsync(params string[] arguments) => ScoringProcess.SucceedAsync(cluster.Environment, [.. arguments, "--topology", _file.FilePath]);

    private async Task<string> RefusedAsync(params string[] arguments)
    {
        var outcome = await ScoringProcess.RunAsync(cluster.Environment, [.. arguments, "--topology", _file.FilePath]);
        Assert.Equal(2, outcome.ExitCode);
        return outcome.Errors;
    }

    private static IEnumerable<JsonElement> Lines(ScoringProcess.Outcome outcome) => outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    private static async Task ModelsOnceAsync(HttpClient http, (string Role, string Name)[] models)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!(await StatusAsync(http)).SequenceEqual(models))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    private static async Task<IEnumerable<(string Role, string Name)>> StatusAsync(HttpClient http) =>
        JsonDocument.Parse(await http.GetStringAsync(new Uri("/status", UriKind.Relative))).RootElement.GetProperty("policy").GetProperty("models").EnumerateArray()
            .Select(model => (model.GetProperty("role").GetString()!, model.GetProperty("name").GetString()!)).ToList();
}
