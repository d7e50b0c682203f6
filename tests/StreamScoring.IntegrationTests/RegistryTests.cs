using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Onnx;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>A registry of models: docs/models.md, Registry.</summary>
public sealed class RegistryTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("registry").FullName;

    private string Registry => Path.Combine(_folder, "registry");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_bare_file_becomes_a_version_that_is_promoted_and_rolled_back_and_the_history_says_why()
    {
        var first = await AddAsync(TypedTensors.Of([("a", TypedTensors.Float, 1, false), ("b", TypedTensors.Int64, 1, true)]).Save(_folder, "first.onnx"), "one");
        Assert.Matches("^one@sha256:[0-9a-f]{64}$", first);
        var golden = Path.Combine(_folder, "golden.csv");
        File.WriteAllText(golden, "payment_id,a,b,c\nr0,1,2,3\nr1,0,1,0\n");
        var second = await AddAsync(TypedTensors.Of([("x", TypedTensors.Float, 3, false)]).Save(_folder, "second.onnx"), "one", "--golden", golden);
        Assert.NotEqual(first, second);
        // Once more: the same version, and no second line.
        Assert.Equal(first, await AddAsync(Path.Combine(_folder, "first.onnx"), "one"));

        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "promote", first, "--registry", Registry, "--why", "it is there");
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "promote", "one", "--registry", Registry, "--why", "newer");
        Assert.Equal(second, $"{Roles().Champion}");
        var shadow = await ScoringProcess.SucceedAsync(NoEnvironment, "models", "role", "shadow", first[..20], "--registry", Registry, "--why", "compare", "--json");
        Assert.Equal(first, JsonDocument.Parse(shadow.Output).RootElement.GetProperty("model").GetString());
        Assert.Equal([first], Roles().Shadows.Select(model => $"{model}"));
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "rollback", "--registry", Registry, "--why", "too strict");
        Assert.Equal((first, 0), ($"{Roles().Champion}", Roles().Shadows.Count));
        Refused("there is no champion before this one", await ScoringProcess.RunAsync(NoEnvironment, "models", "rollback", "--registry", Registry, "--why", "x"));
        Refused("is the champion already", await ScoringProcess.RunAsync(NoEnvironment, "models", "promote", first, "--registry", Registry, "--why", "x"));

        var history = await LinesAsync("history");
        Assert.Equal(["added", "added", "champion", "champion", "shadow", "rollback", "shadow removed"], history.Select(line => line.GetProperty("kind").GetString()));
        Assert.Equal([null, null, null, first, null, second, null], history.Select(line => line.GetProperty("replaces").GetString()));
        Assert.Equal("too strict", history[5].GetProperty("why").GetString());
        var list = await LinesAsync("list");
        Assert.Equal([first, second], list.Select(line => $"{line.GetProperty("name").GetString()}@{line.GetProperty("version").GetString()}"));
        Assert.Equal(["champion"], list[0].GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.All(await LinesAsync("verify"), line => Assert.True(line.GetProperty("ok").GetBoolean()));
    }

    [Fact]
    public async Task A_shadow_whose_folder_is_gone_keeps_nobody_from_a_rollback_or_from_taking_its_role_away()
    {
        var models = new List<string>();
        foreach (var columns in (int[])[1, 2, 3])
        {
            models.Add(await AddAsync(TypedTensors.Of([.. Enumerable.Range(0, columns).Select(i => ($"x{i}", TypedTensors.Float, 1, false))]).Save(_folder, $"{columns}.onnx"), $"m{columns}"));
        }

        foreach (var verb in (string[][])[["promote", "m1"], ["promote", "m2"], ["role", "shadow", "m3"]])
        {
            await ScoringProcess.SucceedAsync(NoEnvironment, ["models", .. verb, "--registry", Registry, "--why", "x"]);
        }

        Directory.Delete(ModelRegistry.Open(Registry).FolderOf(Roles().Shadows[0]), recursive: true);
        // Whoever serves needs those that decide, also where one is a shadow too.
        var registry = ModelRegistry.Open(Registry);
        var roles = registry.ServedRoles();
        var text = File.ReadAllText(ModelRegistry.RolesPathOf(Registry));
        File.WriteAllText(ModelRegistry.RolesPathOf(Registry), (roles with { Champion = roles.Shadows[0] }).ToText());
        Assert.Contains("as champion", Assert.Throws<InvalidInputFileException>(registry.ServedRoles).Message, StringComparison.Ordinal);
        File.WriteAllText(ModelRegistry.RolesPathOf(Registry), text);
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "list", "--registry", Registry);
        var verify = await ScoringProcess.RunAsync(NoEnvironment, "models", "verify", "m3", "--registry", Registry);
        Assert.Equal(1, verify.ExitCode);
        Assert.Contains("add it again", verify.Output + verify.Errors, StringComparison.Ordinal);
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "rollback", "--registry", Registry, "--why", "x");
        Assert.Equal((models[0], 1), ($"{Roles().Champion}", Roles().Shadows.Count));
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "role", "shadow", "m3", "--remove", "--registry", Registry);
        Assert.Empty(Roles().Shadows);
        var promote = await ScoringProcess.RunAsync(NoEnvironment, "models", "promote", "m3", "--registry", Registry, "--why", "x");
        Refused("add it again", promote);
    }

    [Fact]
    public async Task An_alias_stands_for_its_version_until_it_is_given_to_another_one_or_taken_away()
    {
        var first = await AddAsync(TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder, "first.onnx"), "one");
        var second = await AddAsync(TypedTensors.Of([("a", TypedTensors.Float, 1, false), ("b", TypedTensors.Float, 1, false)]).Save(_folder, "second.onnx"), "one");
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "alias", first, "march", "--registry", Registry, "--why", "trained on March");
        Refused("is one@sha256:", await ScoringProcess.RunAsync(NoEnvironment, "models", "alias", first, "march", "--registry", Registry));
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "promote", "one@march", "--registry", Registry, "--why", "it is there");
        Assert.Equal(first, $"{Roles().Champion}");
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "alias", "one", "march", "--registry", Registry);
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "role", "shadow", "one@march", "--registry", Registry);
        // Roles go on with their versions, and aliases with theirs, whatever changes beside them.
        Assert.Equal((first, second), ($"{Roles().Champion}", $"{Assert.Single(Roles().Shadows)}"));
        Assert.Equal(["one@march"], (await LinesAsync("list"))[1].GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "alias", "one", "march", "--remove", "--registry", Registry);
        Refused("names no version, and is no alias", await ScoringProcess.RunAsync(NoEnvironment, "models", "show", "one@march", "--registry", Registry));
        Refused("there is no alias one@march", await ScoringProcess.RunAsync(NoEnvironment, "models", "alias", "one", "march", "--remove", "--registry", Registry));
        Refused("is no alias; one has", await ScoringProcess.RunAsync(NoEnvironment, "models", "alias", "one", "sha256:12", "--registry", Registry));
        var aliases = (await LinesAsync("history")).Where(line => line.TryGetProperty("as", out _)).ToList();
        Assert.Equal([("alias", first, null), ("alias", second, first), ("alias removed", second, null)], aliases.Select(line => (line.GetProperty("kind").GetString()!, line.GetProperty("hash").GetString()!, line.GetProperty("replaces").GetString())));
        Assert.All(aliases, line => Assert.Equal("one@march", line.GetProperty("as").GetString()));
    }

    [Fact]
    public async Task A_model_that_does_not_pass_is_refused_with_the_reason_and_leaves_nothing()
    {
        var features = Path.Combine(_folder, "features.yaml");
        File.WriteAllText(features, "version: 1\nfeatures:\n  - {name: amount_major, expression: amount}\n  - {name: channel, expression: channel}\n");
        var model = TypedTensors.Of([("amount_maior", TypedTensors.Float, 1, false)]).Save(_folder, "near.onnx");
        Refused("does not compute; did it mean amount_major?", await AddingAsync(model, "x", "--features", features));
        Refused("takes channel as a number, and", await AddingAsync(TypedTensors.Of([("channel", TypedTensors.Float, 1, false)]).Save(_folder, "type.onnx"), "x", "--features", features));
        var wide = TypedTensors.Of([("x", TypedTensors.Float, 3, false)]).Save(_folder, "wide.onnx");
        Refused("a bare file does not say which features it takes", await AddingAsync(wide, "x"));
        Refused("takes 3 features a row, and 2 are given", await AddingAsync(wide, "x", "--inputs", "a,b"));
        Refused("is given a twice", await AddingAsync(wide, "x", "--inputs", "a,b,a"));
        var golden = Path.Combine(_folder, "golden.csv");
        File.WriteAllText(golden, "a,b,c,expected_raw\n0,0,0,0.5\n1,0,0,0.5\n");
        Refused("row 1: the model gives 0.4", await AddingAsync(wide, "x", "--golden", golden));
        Refused("a name has letters, digits", await AddingAsync(wide, "../x", "--inputs", "a,b,c"));
        Refused("takes ", await AddingAsync(wide, "x", "--inputs", "a,b,c", "--budget", "0ms"));
        File.WriteAllText(Path.Combine(_folder, "cut.onnx"), "no model");
        Refused("not an ONNX model", await AddingAsync(Path.Combine(_folder, "cut.onnx"), "x", "--inputs", "a"));
        Assert.False(Directory.Exists(Registry));
    }

    [Fact]
    public async Task A_bare_files_inputs_are_found_among_all_columns_of_its_golden_rows()
    {
        var features = Path.Combine(_folder, "features.yaml");
        File.WriteAllText(features, "version: 1\nfeatures:\n  - {name: amount_major, expression: amount}\n  - {name: hour, expression: hour(event_time)}\n");
        var two = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]).Save(_folder, "two.onnx");
        var golden = Path.Combine(_folder, "golden.csv");
        File.WriteAllText(golden, "payment_id,amount_major,hour,event_time,fraud\nr0,12,3,2026-01-01T03:00:00Z,0\nr1,1,4,2026-01-01T04:00:00Z,1\n");
        Assert.Equal(["amount_major", "hour"], await InputsAsync(await AddAsync(two, "features", "--golden", golden, "--features", features)));
        // Without a feature file somebody has to say which columns are none.
        Refused("takes 2 features a row, and 4 are given", await AddingAsync(two, "x", "--golden", golden));
        Assert.Equal(["amount_major", "hour"], await InputsAsync(await AddAsync(two, "features", "--golden", golden, "--ignore", "event_time,fraud")));
        var columns = Path.Combine(_folder, "columns.yaml");
        File.WriteAllText(columns, "version: 1\nlabel: fraud\ncolumns: {payment_id: payment_id, event_time: event_time, amount: {column: amount_major, unit: major}, currency: {value: EUR}}\n");
        Assert.Equal(["amount_major", "hour"], await InputsAsync(await AddAsync(two, "features", "--golden", golden, "--ignore", "event_time", "--columns", columns)));
        Refused("no table whose columns", await AddingAsync(two, "x", "--inputs", "a,b", "--ignore", "fraud"));
        // A folder of exported tables: rows of the newest day.
        var day = Directory.CreateDirectory(Path.Combine(_folder, "served", "day=2026-01-02")).FullName;
        File.Copy(golden, Path.Combine(day, "part-1.csv"));
        Assert.Equal(["amount_major", "hour"], await InputsAsync(await AddAsync(two, "features", "--golden", Path.Combine(_folder, "served"), "--features", features)));
    }

    [Fact]
    public async Task What_was_assumed_of_a_model_is_said_once_and_of_the_file_that_was_given()
    {
        var golden = Path.Combine(_folder, "golden.csv");
        // So far out all rows give the same number, which is said of them.
        File.WriteAllText(golden, "a\n1e9\n2e9\n");
        var model = TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder);
        await SaysOnceAsync(model, "--golden", golden);
        await SaysOnceAsync(ModelRegistry.Open(Registry).FolderOf(ModelRegistry.Open(Registry).Models()[0].Model));

        async Task SaysOnceAsync(string path, params string[] more)
        {
            var lines = (await AddingAsync(path, "one", more)).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(lines.Distinct(), lines);
            Assert.Single(lines, line => line.Contains("that were tried, whatever is in them", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, line => line.Contains("scoring-model-", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task An_output_that_is_said_to_be_a_logit_and_looks_like_a_probability_is_told()
    {
        // It ends with a Sigmoid.
        var model = TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder);
        Assert.Contains("it lies in 0..1 for all 8 rows that the loader made up that were tried, as probabilities do", (await AddingAsync(model, "one", "--output-kind", "logit")).Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("lies in 0..1", (await AddingAsync(model, "two", "--output-kind", "probability")).Errors, StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string>> InputsAsync(string model)
    {
        var shown = await ScoringProcess.SucceedAsync(NoEnvironment, "models", "show", model, "--registry", Registry, "--json");
        return JsonDocument.Parse(shown.Output).RootElement.GetProperty("inputs").EnumerateArray().Select(input => input.ValueKind == JsonValueKind.String ? input.GetString()! : input.GetProperty("name").GetString()!);
    }

    [Fact]
    public async Task Tensors_of_other_names_than_the_features_take_them_in_the_order_that_was_said()
    {
        var file = TypedTensors.Of([("f0", TypedTensors.Float, 1, false), ("rest", TypedTensors.Int64, 2, false)]).Save(_folder);
        var model = await AddAsync(file, "one", "--inputs", "b,a,c");
        using var loaded = OnnxModelLoader.LoadFolder(ModelRegistry.Open(Registry).FolderOf(ModelReference.Parse(model, "")));
        Assert.Equal(["b", "a", "c"], loaded.Inputs.Select(input => input.Name));
        var (table, output) = (Path.Combine(_folder, "table.csv"), Path.Combine(_folder, "scores.csv"));
        File.WriteAllText(table, "payment_id,a,b,c\nr0,0,1,0\n");
        await ScoringProcess.SucceedAsync(NoEnvironment, "score", "--model", ModelRegistry.Open(Registry).FolderOf(ModelReference.Parse(model, "")), "--data", table, "--output", output);
        Assert.Contains($"{1 / (1 + Math.Exp(-TypedTensors.WeightOf(0))):0.0000}", File.ReadAllText(output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_is_refused_and_nothing_of_it_is_done()
    {
        var model = await AddAsync(TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder), "one");
        using (ModelRegistry.Open(Registry).Edit())
        {
            Refused("somebody else is changing it", await ScoringProcess.RunAsync(NoEnvironment, "models", "promote", model, "--registry", Registry, "--why", "x"), exitCode: 1);
        }

        Assert.Null(Roles().Champion);
        Assert.Single(ModelRegistry.Open(Registry).History());
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "promote", model, "--registry", Registry, "--why", "x");
        Assert.Equal(model, $"{Roles().Champion}");
    }

    [Fact]
    public async Task A_version_whose_files_were_changed_is_found_and_gets_no_role()
    {
        var model = await AddAsync(TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder), "one");
        var card = Path.Combine(ModelRegistry.Open(Registry).FolderOf(ModelReference.Parse(model, "")), ModelCard.FileName);
        File.AppendAllText(card, "calibration: {from: [0, 1], to: [0.5, 1]}\n");
        var verified = await ScoringProcess.RunAsync(NoEnvironment, "models", "verify", "--registry", Registry);
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("its files were changed; add it again", verified.Output, StringComparison.Ordinal);
        Refused("gets no role", await ScoringProcess.RunAsync(NoEnvironment, "models", "promote", model, "--registry", Registry, "--why", "x"));
        Assert.Null(Roles().Champion);

        // As it says: added again it is whole again.
        Assert.Equal(model, await AddAsync(Path.Combine(_folder, "model.onnx"), "one"));
        await ScoringProcess.SucceedAsync(NoEnvironment, "models", "promote", model, "--registry", Registry, "--why", "x");
        // What changes no score is found too.
        File.AppendAllText(card, "metrics: {auc_roc: \"0.9999\"}\n");
        Assert.Equal(1, (await ScoringProcess.RunAsync(NoEnvironment, "models", "verify", "--registry", Registry)).ExitCode);
    }

    [Fact]
    public async Task Another_card_or_other_golden_rows_of_a_version_are_not_taken_and_that_is_said()
    {
        var file = TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder);
        var model = await AddAsync(file, "one");
        File.WriteAllText(Path.Combine(_folder, "golden.csv"), "a\n1\n2\n");
        var again = await AddingAsync(file, "one", "--golden", Path.Combine(_folder, "golden.csv"));
        Assert.Equal((0, model), (again.ExitCode, again.Output.Trim()));
        Assert.Contains("with another card or other golden rows; those stay", again.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_was_written_down_and_never_came_into_force_is_no_champion_before()
    {
        var (registry, models) = ThreeVersions();
        foreach (var model in models)
        {
            Promote(registry, model, isLost: model == models[1]);
        }

        Assert.Equal(models[0], registry.ChampionsBefore()[0]);

        // A rollback that was lost is made again, and not another one.
        using (var edit = registry.Edit())
        {
            edit.SetRoles(registry.Roles() with { Champion = models[0] }, isRollback: true, "me", "lost");
        }

        File.WriteAllText(registry.RolesPath, new ModelRoles(models[2], []).ToText());
        Assert.Equal(models[0], registry.ChampionsBefore()[0]);
    }

    [Fact]
    public void Behind_roles_that_were_written_by_hand_comes_what_was_promoted_last()
    {
        var (registry, models) = ThreeVersions();
        Promote(registry, models[0]);
        Promote(registry, models[1]);
        File.WriteAllText(registry.RolesPath, new ModelRoles(models[2], []).ToText());
        Assert.Equal(models[1], registry.ChampionsBefore()[0]);
    }

    [Fact]
    public async Task A_damaged_line_of_the_history_is_named_and_nothing_follows_from_the_others()
    {
        var (registry, models) = ThreeVersions();
        Promote(registry, models[0]);
        Promote(registry, models[1]);
        var history = Path.Combine(Registry, "history.jsonl");
        var lines = File.ReadAllLines(history);
        lines[3] = lines[3].Replace("\"why\"", "\"why", StringComparison.Ordinal);
        File.WriteAllLines(history, lines);
        foreach (var verb in (string[])["list", "verify", "history"])
        {
            Refused($"{history}: line 4 is no change of a registry", await ScoringProcess.RunAsync(NoEnvironment, "models", verb, "--registry", Registry));
        }

        Refused("line 4", await ScoringProcess.RunAsync(NoEnvironment, "models", "rollback", "--registry", Registry, "--why", "x"));
        File.Delete(history);
        Refused("does not know", await ScoringProcess.RunAsync(NoEnvironment, "models", "list", "--registry", Registry));
    }

    [Fact]
    public void What_somebody_left_who_was_stopped_is_gone_with_the_next_change()
    {
        var registry = ModelRegistry.OpenOrMake(Registry);
        using (var edit = registry.Edit())
        {
            File.WriteAllText(Path.Combine(edit.MakeFolder(), "model.onnx"), "");
        }

        registry.Edit().Dispose();
        Assert.Empty(Directory.EnumerateDirectories(Registry, "new-*"));
    }

    [Fact]
    public void A_line_of_the_history_that_was_cut_short_costs_no_other()
    {
        var (registry, models) = ThreeVersions(torn: "{\"at\":\"2026-");
        Assert.Equal(models, registry.Models().Select(entry => entry.Model));
    }

    private static void Refused(string reason, ScoringProcess.Outcome outcome, int exitCode = 2)
    {
        Assert.Contains(reason, outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(exitCode, outcome.ExitCode);
    }

    private (ModelRegistry Registry, IReadOnlyList<ModelReference> Models) ThreeVersions(string torn = "")
    {
        var registry = ModelRegistry.OpenOrMake(Registry);
        var models = "abc".Select(digit => new ModelReference("one", $"sha256:{new string(digit, 64)}")).ToList();
        foreach (var model in models)
        {
            using var edit = registry.Edit();
            Assert.Equal(RegistryAddition.New, edit.Add(model, edit.MakeFolder(), "me", "why"));
            File.AppendAllText(Path.Combine(Registry, "history.jsonl"), torn);
        }

        return (registry, models);
    }

    /// <param name="isLost">It is stopped before the roles are in force.</param>
    private static void Promote(ModelRegistry registry, ModelReference model, bool isLost = false)
    {
        var before = registry.Roles();
        using var edit = registry.Edit();
        edit.SetRoles(before with { Champion = model }, isRollback: false, "me", "why");
        if (isLost)
        {
            File.WriteAllText(registry.RolesPath, before.ToText());
        }
    }

    private ModelRoles Roles() => ModelRegistry.Open(Registry).Roles();

    private async Task<string> AddAsync(string model, string name, params string[] more)
    {
        var outcome = await AddingAsync(model, name, more);
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        return outcome.Output.Trim();
    }

    private Task<ScoringProcess.Outcome> AddingAsync(string model, string name, params string[] more) =>
        ScoringProcess.RunAsync(NoEnvironment, ["models", "add", "--registry", Registry, "--model", model, "--name", name, .. more]);

    private async Task<List<JsonElement>> LinesAsync(string verb)
    {
        var outcome = await ScoringProcess.SucceedAsync(NoEnvironment, "models", verb, "--registry", Registry, "--json");
        return [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
