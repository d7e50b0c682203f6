using System.Reflection;
using System.Text.RegularExpressions;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;

namespace StreamScoring.Tests.Deployment;

public sealed partial class TopologyKeysTests : IDisposable
{
    private readonly SampleTopology _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void The_table_of_the_documentation_has_every_key_and_says_truly_which_change_while_a_process_runs()
    {
        var table = Table().ToDictionary();
        Assert.Equal(TopologyKeys.Names.Order(), table.Keys.Where(key => key != "version").Order());
        Assert.All(table, key => Assert.Contains(key.Value, new[] { "changes", "restart" }));
        Assert.Equal(TopologyKeys.Live.Select(key => key.Name).Order(), table.Where(key => key.Value == "changes").Select(key => key.Key).Order());
    }

    [Fact]
    public void The_table_of_knobs_says_the_same()
    {
        var page = DeploymentFile.Text("docs/tuning.md");
        var section = page[page.IndexOf("## Knobs", StringComparison.Ordinal)..page.IndexOf("## Measured", StringComparison.Ordinal)];
        var rows = section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        var ofThePath = TopologyKeys.Live.Select(key => key.Name).Where(name => !name.StartsWith("decide.", StringComparison.Ordinal) && !name.StartsWith("models.", StringComparison.Ordinal)
            && name is not ("rules" or "lists" or "rates"));
        Assert.Superset(KnobLadders.Allowed.Concat(ofThePath).ToHashSet(), rows.Select(row => row[1].Trim('`')).ToHashSet());
        Assert.All(rows, row => Assert.Equal(TopologyKeys.Named(row[1].Trim('`')).IsLive ? "changes" : "restart", row[2]));
    }

    [Theory]
    [InlineData("ingest.batchRowsMax", "17", 17.0)]
    [InlineData("ingest.mergeWaitMax", "1500ms", 1.5)]
    [InlineData("score.lanes", "3", 3.0)]
    [InlineData("emit.batchesInFlightMax", "9", 9.0)]
    [InlineData("models.shadowWaitMax", "7ms", 0.007)]
    [InlineData("decide.budget", "2s", 2.0)]
    [InlineData("decide.challengeFrom", "41", 41.0)]
    [InlineData("decide.reviewFrom", "71", 71.0)]
    [InlineData("decide.blockFrom", "91", 91.0)]
    [InlineData("decide.elevatedFrom", "42", 42.0)]
    [InlineData("decide.highestFrom", "92", 92.0)]
    [InlineData("decide.reasonsFrom", "43", 43.0)]
    [InlineData("decide.reasonsMax", "5", 5.0)]
    [InlineData("decide.ladder", "on", null)]
    [InlineData("decide.unscoredAction", "Block", null)]
    public void A_live_key_is_taken_alone(string name, string value, double? number)
    {
        var (before, after) = (_file.Load(), _file.Load($"{name}={value.ToLowerInvariant()}", "state.megabytesMax=512", "emit.linger=7ms"));
        var taken = TopologyKeys.TakeLive(before, after);
        Assert.Equal((value, number), (TopologyKeys.Named(name).Text(taken), TopologyKeys.Named(name).Number(taken)));
        Assert.Equal([name], Differing(before, taken));
    }

    [Fact]
    public void No_live_key_is_left_out_above()
    {
        var above = GetType().GetMethod(nameof(A_live_key_is_taken_alone))!.GetCustomAttributes<InlineDataAttribute>()
            .Select(data => (string)data.GetData(null!).Single()[0]);
        // These are files and folders.
        string[] files = ["lists", "models.canary.by", "models.canary.model", "models.canary.percent", "models.champion", "models.fallback", "models.previous", "models.registry", "models.shadows", "rates", "rules"];
        Assert.Equal([.. above.Concat(files).Order()], TopologyKeys.Live.Select(key => key.Name).Order());
        var before = _file.Load();
        var taken = TopologyKeys.TakeLive(before, before with { ModelFolder = "next", PreviousFolder = "before", FallbackFolder = "small", Canary = new CanaryKnobs("canary", 5, TextField.CardId), ShadowFolders = ["other"], RuleFile = "more.txt", ListFolder = "lists", RatesFile = "rates.yaml", RegistryFolder = "registry" });
        Assert.Equal(files, Differing(before, taken).Order());
    }

    [Theory]
    [InlineData("emit.linger", "0s")]
    [InlineData("emit.linger", "0.5ms")]
    [InlineData("emit.linger", "20ms")]
    [InlineData("snapshots.interval", "5m")]
    [InlineData("membership.session", "90s")]
    [InlineData("idempotency.window", "36h")]
    [InlineData("idempotency.window", "2d")]
    [InlineData("emit.compression", "zstd")]
    public void A_value_is_written_as_a_file_would_have_it(string name, string value) => Assert.Equal(value, TopologyKeys.Named(name).Text(_file.Load($"{name}={value}")));

    [Theory]
    [InlineData("regions.eu.partitions=8", "regions.eu.labelPartitions", "regions.eu.partitions")]
    [InlineData("regions.eu.topics.payments=other", "regions.eu.topics.payments")]
    [InlineData("decide.unscoredAction=allow", "decide.unscoredAction")]
    [InlineData("ingest.cardNumberFieldsIgnored=card_id", "ingest.cardNumberFieldsIgnored")]
    public void A_value_that_differs_shows_in_its_key(string set, params string[] keys)
    {
        Assert.Equal(keys, Differing(_file.Load(), _file.Load(set)));
    }

    [Fact]
    public void One_value_names_several_fields_that_only_look_like_card_numbers()
    {
        Assert.Equal(["attributes.key", "merchant_id"], TopologyFile.ParseLimits(["ingest.cardNumberFieldsIgnored=merchant_id, attributes.key"]).CardNumberFieldsIgnored.Order());
        Assert.Contains("attributes.NAME", Assert.Throws<InvalidInputFileException>(() => TopologyFile.ParseLimits(["ingest.cardNumberFieldsIgnored=merchant"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_that_differs_shows_by_the_name_of_its_region()
    {
        var before = _file.Load();
        // A name of librdkafka's has dots of its own, so no --set reaches it.
        var after = before with { Regions = [before.Home with { Security = new Dictionary<string, string> { ["sasl.password"] = "secret" } }] };
        Assert.Equal(["regions.eu.security"], Differing(before, after));
    }

    private static IEnumerable<string> Differing(Topology before, Topology after) =>
        TopologyKeys.Of(after).Where(key => key.Text(before) != key.Text(after)).Select(key => key.Name).Order();

    /// <summary>Each key of docs/topology.md with what its column says.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Table()
    {
        foreach (var row in DeploymentFile.Text("docs/topology.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var cells = row.Split('|', StringSplitOptions.TrimEntries);
            var first = "";
            foreach (Match name in Quoted().Matches(cells[1]))
            {
                var text = name.Groups["name"].Value;
                var key = text.StartsWith('.') ? first[..first.LastIndexOf('.')] + text : text;
                first = first.Length == 0 ? key : first;
                if (!key.StartsWith("followRegions.", StringComparison.Ordinal))
                {
                    yield return new(key, cells[4]);
                }
                else if (key == "followRegions.NAME.payments")
                {
                    // One key for the process: it has an entry of it or not.
                    yield return new("followRegions", cells[4]);
                }
            }
        }
    }

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();
}
