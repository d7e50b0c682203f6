using System.CommandLine;
using System.Text.Json;
using StreamScoring.Host;

namespace StreamScoring.IntegrationTests;

/// <summary>What scripts rely on: exit codes, messages, what is left behind.</summary>
public sealed class VerbTests : IDisposable
{
    private static readonly Dictionary<string, string> NoBroker = new() { ["SCORING_BROKERS"] = "127.0.0.1:9", ["SCORING_HTTP_PORT"] = "0" };

    private const string Header = "payment_id,event_time,amount_minor,currency,card_id,customer_id\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("verbs").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run")]
    [InlineData("topics create")]
    [InlineData("decisions")]
    [InlineData("publish --payments PAYMENTS")]
    public async Task Without_a_broker_a_verb_ends_with_one_and_says_what_to_look_at(string verb)
    {
        var payments = Write("p.csv", Header + "p,2024-01-01T00:00:00Z,1,EUR,c,u\n");
        string[] arguments = [.. verb.Replace("PAYMENTS", payments, StringComparison.Ordinal).Split(' '), "--topology", "topology/handbook/topology.yaml"];
        var outcome = await ScoringProcess.RunAsync(NoBroker, arguments);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("region eu: no broker of 127.0.0.1:9 answers", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("is Kafka running there", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4111111111111111", "1", "card_id holds a card number")]
    [InlineData("c", "4111111111111111x", "amount is ****************x")]
    [InlineData("c", "4111111111111111", "amount_minor holds a card number. Make tokens of it in the columns file")]
    [InlineData("0004111111111111111", "1", "card_id holds a card number. Make tokens of it in the columns file")]
    [InlineData("4111,1111,1111,1111", "1", "card_id holds a card number. Make tokens of it in the columns file")]
    public async Task A_card_number_in_a_table_is_refused_before_anything_is_published_and_is_not_repeated(string card, string amount, string problem)
    {
        var payments = Write("p.csv", Header + $"good,2024-01-01T00:00:00Z,1,EUR,c,u\nbad,2023-01-01T00:00:00Z,{amount},EUR,\"{card}\",u\n");
        var outcome = await ScoringProcess.RunAsync(NoBroker, "publish", "--topology", "topology/handbook/topology.yaml", "--payments", payments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"{payments}:3: {problem}", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("4111111111111111", outcome.Errors + outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bad,2023-01-01T00:00:00Z,10000000000001,EUR,c,u", "amount_minor is outside the range allowed")]
    [InlineData("bad,2023-01-01T00:00:00Z,1,EUR,,", "none of the entity ids is given")]
    [InlineData("bad,1700000000,1,EUR,c,u", "event_time is outside the range allowed: it looks like epoch seconds")]
    [InlineData("bad,1970-06-01,1,EUR,c,u", "ingest.eventTimeFloor")]
    [InlineData("bad,2345-01-01,1,EUR,c,u", "ingest.eventTimeAheadMax")]
    public async Task What_the_pipeline_would_refuse_is_not_published(string row, string problem)
    {
        var payments = Write("p.csv", $"{Header}good,2024-01-01T00:00:00Z,1,EUR,c,u\n{row}\n");
        foreach (var format in new[] { "json", "messagepack" })
        {
            var outcome = await ScoringProcess.RunAsync(NoBroker, "publish", "--topology", "topology/handbook/topology.yaml", "--payments", payments, "--format", format);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains($"{payments}:3: ", outcome.Errors, StringComparison.Ordinal);
            Assert.Contains(problem, outcome.Errors, StringComparison.Ordinal);
            Assert.Contains("1 of 2 rows would be refused; nothing is published", outcome.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_field_that_only_looks_like_a_card_number_is_exempted_by_the_same_option_in_every_verb_that_looks()
    {
        var payments = Write("p.csv", Header + "4111111111111111,2024-01-01T00:00:00Z,1,EUR,c,u\n");
        const string Exempt = "ingest.cardNumberFieldsIgnored=payment_id";
        string[] backfill = ["backfill", "--features", "topology/handbook/features.yaml", "--payments", payments, "--output", Path.Combine(_folder, "out.csv")];
        string[] publish = ["publish", "--topology", "topology/handbook/topology.yaml", "--payments", payments];
        foreach (var verb in new[] { backfill, publish })
        {
            var refused = await ScoringProcess.RunAsync(NoBroker, verb);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains($"{payments}:2: payment_id holds a card number", refused.Errors, StringComparison.Ordinal);
            Assert.Contains($"--set {Exempt}", refused.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("4111111111111111", refused.Errors + refused.Output, StringComparison.Ordinal);
        }

        await ScoringProcess.SucceedAsync(NoBroker, [.. backfill, "--set", Exempt]);
        // It comes as far as the brokers, of which there are none.
        Assert.Contains("no broker", (await ScoringProcess.RunAsync(NoBroker, [.. publish, "--set", Exempt])).Errors, StringComparison.Ordinal);
        var wrong = await ScoringProcess.RunAsync(NoBroker, [.. backfill, "--set", "ingest.cardNumberFieldIgnored=payment_id"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("did you mean cardNumberFieldsIgnored?", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backfill_names_file_and_line_of_a_payment_that_does_not_hold_to_the_contract()
    {
        var payments = Write("p.csv", Header + "good,2024-01-01T00:00:00Z,1,EUR,c,u\nbad,2023-01-01T00:00:00Z,1,EUR,,\n");
        var outcome = await ScoringProcess.RunAsync(
            NoBroker, "backfill", "--features", "topology/handbook/features.yaml", "--payments", payments, "--output", Path.Combine(_folder, "out.csv"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"{payments}:3: none of the entity ids is given", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal([payments], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Backfill_writes_fields_of_the_payment_beside_its_features_where_somebody_asks()
    {
        var payments = Write("p.csv", Header + "a,2024-01-01T00:00:00Z,150,EUR,c,u\nb,2024-01-01T00:00:01.250Z,2,EUR,d,\n");
        var output = Path.Combine(_folder, "out.csv");
        string[] backfill = ["backfill", "--features", "topology/handbook/features.yaml", "--payments", payments, "--output", output, "--label-column", "fraud"];
        await ScoringProcess.SucceedAsync(NoBroker, [.. backfill, "--with", "card_id,event_time, amount_minor,customer_id", "--as-of", "2024-02-01"]);
        var lines = await File.ReadAllLinesAsync(output);
        Assert.EndsWith(",terminal_risk_30d,card_id,event_time,amount_minor,customer_id,fraud", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",c,2024-01-01T00:00:00.000Z,150,u,", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",d,2024-01-01T00:00:01.250Z,2,,", lines[2], StringComparison.Ordinal);
        Assert.Contains("--with amount is no field of a payment; allowed: event_time", (await ScoringProcess.RunAsync(NoBroker, [.. backfill, "--with", "amount"])).Errors, StringComparison.Ordinal);
        Assert.Contains("has a column of that name already", (await ScoringProcess.RunAsync(NoBroker, [.. backfill[..^1], "channel", "--with", "channel"])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_a_folder_is_wrong_usage()
    {
        var payments = Write("p.csv", Header);
        var outcome = await ScoringProcess.RunAsync(NoBroker, "backfill", "--features", "topology/handbook/features.yaml", "--payments", payments, "--output", _folder);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("is a folder", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_demo_decides_what_it_published_and_ends_with_130()
    {
        using var demo = ScoringProcess.Start(NoBroker, "demo", "--rate", "2000");
        using var ending = ScoringProcess.EndingWithTheTest(demo);
        var errors = demo.StandardError.ReadToEndAsync();
        Assert.Contains("decided", await demo.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        var output = demo.StandardOutput.ReadToEndAsync();
        Assert.Equal(130, await ScoringProcess.InterruptAsync(demo));
        Assert.Matches("^payments ([0-9,]+), decisions \\1 in ", (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Contains("http://127.0.0.1:", await errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_backfill_leaves_no_file_and_ends_with_130()
    {
        var payments = Write("p.csv", Header + string.Concat(Enumerable.Range(0, 300_000).Select(i => $"p{i},{1_700_000_000_000L + i},1,EUR,c{i % 5},u{i % 7}\n")));
        using var backfill = ScoringProcess.Start(
            NoBroker, ["backfill", "--features", "topology/handbook/features.yaml", "--output", Path.Combine(_folder, "out.csv"), "--payments", .. Enumerable.Repeat(payments, 5)]);
        using var ending = ScoringProcess.EndingWithTheTest(backfill);
        // Reading is over and computing has begun once the file is begun under its temporary name.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!backfill.HasExited && Directory.GetFiles(_folder, "*.partial").Length == 0)
        {
            await timer.WaitForNextTickAsync();
        }

        Assert.Equal(130, await ScoringProcess.InterruptAsync(backfill));
        Assert.Equal([payments], Directory.GetFiles(_folder));
    }

    public static TheoryData<string> Verbs => [.. CommandLineVerbs.All().SelectMany(verb => LeavesOf(verb, verb.Name)).Select(leaf => leaf.Path)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_help_with_an_example(string verb)
    {
        var help = CommandLineVerbs.All().SelectMany(top => LeavesOf(top, top.Name)).Single(leaf => leaf.Path == verb).Verb.Description!;
        Assert.Contains($"scoring {verb} ", help[help.IndexOf("Example:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_the_program_lists_every_verb_and_that_of_a_verb_is_what_it_says_of_itself()
    {
        var all = await ScoringProcess.SucceedAsync(NoBroker, "--help");
        Assert.All(CommandLineVerbs.All(), verb => Assert.Contains($"  {verb.Name}", all.Output, StringComparison.Ordinal));
        var one = await ScoringProcess.SucceedAsync(NoBroker, "state", "verify", "--help");
        Assert.Contains("scoring state verify ", one.Output[one.Output.IndexOf("Example:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    /// <summary>Commands that do something by themselves.</summary>
    private static IEnumerable<(string Path, Command Verb)> LeavesOf(Command verb, string path) =>
        verb.Subcommands.SelectMany(child => LeavesOf(child, $"{path} {child.Name}")).Concat(verb.Action is null ? [] : [(path, verb)]);

    [Fact]
    public async Task What_a_verb_says_goes_to_stderr_and_a_summary_in_json_alone_to_stdout()
    {
        var demo = await ScoringProcess.SucceedAsync(NoBroker, "demo", "--events", "500", "--rate", "0", "--json");
        Assert.Equal(500, JsonDocument.Parse(demo.Output).RootElement.GetProperty("payments").GetInt64());
        var generated = await ScoringProcess.SucceedAsync(NoBroker, "generate", "--payments", "10", "--output", _folder);
        Assert.Equal("", generated.Output);
        Assert.DoesNotContain('\r', generated.Errors);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
