using System.Text;
using System.Text.Json;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>
/// A payment with an id that another one had before cannot get that one's decision, and cannot stay
/// out of the state.
/// </summary>
public sealed class ConflictingIdTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";

    private static readonly long NowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [SharedFact]
    public async Task A_payment_that_bears_anothers_id_is_decided_as_it_would_be_under_its_own()
    {
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", Topology);
        Write((0, Payment("order-1", 1999, "c-a", "t-a")), (0, Payment("order-1", 9_999_999_900, "c-a", "t-a")));
        await RunAsync("\"decisions\":2,\"dead_letters\":0");

        // Of another customer, in another partition, after a restart; then the same content under
        // its own id, by a customer of the same past.
        Write((1, Payment("order-1", 9_999_999_900, "c-b", "t-b")), (1, Payment("control", 9_999_999_900, "c-c", "t-c")));
        await RunAsync("\"decisions\":2,\"dead_letters\":0");

        // A retry, stamped anew; and once more the very first.
        Write((1, Payment("order-1", 9_999_999_900, "c-b", "t-b", laterMs: 700)), (0, Payment("order-1", 1999, "c-a", "t-a")), (1, Payment("next", 100, "c-b", "t-b", laterMs: 800)));
        await RunAsync("\"decisions\":3,\"dead_letters\":0");

        var decisions = Lines(await ScoringProcess.SucceedAsync(cluster.Environment, "decisions", "--topology", Topology, "--json"))
            .Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(decision => decision.GetProperty("decision_id").GetString()!);
        Assert.Equal(7, decisions.Count);
        Assert.Equal([], FlagsOf(decisions["eu/payments/0/0"]));
        Assert.Equal(["conflicting_id"], FlagsOf(decisions["eu/payments/0/1"]));
        Assert.Equal(["conflicting_id"], FlagsOf(decisions["eu/payments/1/0"]));
        Assert.Equal([], FlagsOf(decisions["eu/payments/1/1"]));
        Assert.Equal(["conflicting_id", "duplicate"], FlagsOf(decisions["eu/payments/1/2"]));
        Assert.Equal(["duplicate"], FlagsOf(decisions["eu/payments/0/2"]));
        foreach (var part in new[] { "action", "score", "level", "probability", "raw" })
        {
            Assert.Equal(Text("eu/payments/1/1", part), Text("eu/payments/1/0", part));
            Assert.Equal(Text("eu/payments/1/0", part), Text("eu/payments/1/2", part));
            Assert.Equal(Text("eu/payments/0/0", part), Text("eu/payments/0/2", part));
        }

        Assert.NotEqual(Text("eu/payments/0/0", "probability"), Text("eu/payments/1/0", "probability"));
        // Both count for their customers.
        Assert.Equal(2, decisions["eu/payments/0/1"].GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());
        Assert.Equal(2, decisions["eu/payments/1/3"].GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());

        var letters = Lines(await ScoringProcess.SucceedAsync(cluster.Environment, "deadletters", "--topology", Topology, "--reason", "conflicting_id", "--json"))
            .Select(line => JsonDocument.Parse(line).RootElement).OrderBy(letter => PositionOf(letter, "source"), StringComparer.Ordinal).ToList();
        Assert.Equal(
            [("eu/payments/0/1", "eu/payments/0/0"), ("eu/payments/1/0", "eu/payments/0/1")],
            letters.Select(letter => (PositionOf(letter, "source"), PositionOf(letter, "conflicts_with"))));
        Assert.All(letters, letter => Assert.Contains("9999999900", letter.GetProperty("value").GetString(), StringComparison.Ordinal));

        // They are answered: nothing is published again.
        var republished = await ScoringProcess.SucceedAsync(cluster.Environment, "deadletters", "republish", "--topology", Topology);
        Assert.Contains("0 republished, 0 could not be", republished.Errors, StringComparison.Ordinal);
        var named = await ScoringProcess.RunAsync(cluster.Environment, "deadletters", "republish", "--topology", Topology, "--offsets", "eu/payments/1/0");
        Assert.Equal(1, named.ExitCode);
        Assert.Contains("cannot republish eu/payments/1/0: it is decided", named.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await ScoringProcess.RunAsync(cluster.Environment, "deadletters", "republish", "--topology", Topology, "--reason", "conflicting_id")).ExitCode);

        string Text(string position, string part) => decisions[position].GetProperty(part).ToString();
    }

    [SharedFact]
    public async Task A_process_of_another_secret_refuses_the_snapshot_folds_again_and_still_knows_what_was_decided()
    {
        string[] set =
        [
            "--set", "group=secret", "--set", "regions.eu.topics.payments=secret-payments", "--set", "regions.eu.topics.labels=secret-labels",
            "--set", "regions.eu.topics.decisions=secret-decisions", "--set", "regions.eu.topics.deadLetters=secret-dead-letters", "--set", "regions.eu.partitions=1",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        await cluster.ProduceByKcatAsync("secret-payments", [Payment("p-1", 1999, "c-a", "t-a")]);
        var first = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Contains("identity.secret is not set", first.Errors, StringComparison.Ordinal);

        const string secret = "of this test, and of thirty-two bytes";
        var environment = new Dictionary<string, string>(cluster.Environment) { ["SCORING_IDENTITY_SECRET"] = secret };
        await cluster.ProduceByKcatAsync("secret-payments", [Payment("p-1", 1999, "c-a", "t-a"), Payment("p-2", 1999, "c-a", "t-a")]);
        var second = await ScoringProcess.SucceedAsync(
            environment, ["run", "--topology", Topology, .. set, "--set", "identity.secret=${SCORING_IDENTITY_SECRET}", "--until-idle", "2s"]);
        Assert.Contains("is passed over: its ids are hashed by another secret", second.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("identity.secret is not set", second.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, second.Output + second.Errors, StringComparison.Ordinal);

        var decisions = Lines(await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]))
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["", "duplicate", ""], decisions.Select(decision => string.Join(',', FlagsOf(decision))));
        Assert.Equal(2, decisions[2].GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());
    }

    private static string Payment(string id, long amountMinor, string customer, string terminal, long laterMs = 0) =>
        $$"""{"payment_id":"{{id}}","event_time":{{NowMs + laterMs}},"amount_minor":{{amountMinor}},"currency":"EUR","customer_id":"{{customer}}","terminal_id":"{{terminal}}"}""";

    private static string[] Lines(ScoringProcess.Outcome outcome) => outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>But for what depends on how fast this machine is.</summary>
    private static IEnumerable<string> FlagsOf(JsonElement decision) =>
        decision.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!).Where(flag => flag != "late").Order();

    private static string PositionOf(JsonElement letter, string name)
    {
        var position = letter.GetProperty(name);
        return $"{position.GetProperty("region")}/{position.GetProperty("topic")}/{position.GetProperty("partition")}/{position.GetProperty("offset")}";
    }

    private void Write(params (int Partition, string Payment)[] records)
    {
        using var payments = new DecisionLog(cluster.Brokers, "payments");
        foreach (var (partition, payment) in records)
        {
            payments.Write(partition, "key", Encoding.UTF8.GetBytes(payment), []);
        }
    }

    private async Task RunAsync(string expected)
    {
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, "run", "--topology", Topology, "--until-idle", "2s");
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }
}
