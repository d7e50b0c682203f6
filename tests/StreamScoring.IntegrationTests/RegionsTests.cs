using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Two regions that follow each other. docs/multi-region.md describes what is tested here, step by
/// step.
/// </summary>
public sealed partial class RegionsTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private static readonly string[] Names = ["eu", "us"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [SharedFact]
    public async Task A_cut_link_stops_nobody_is_told_on_each_decision_and_after_it_heals_both_states_are_one()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        using var eu = Start("eu", set);
        using var us = Start("us", set);
        var address = await AddressesAsync(eu, us);

        await PublishAsync("eu", set, 0, 20);
        await FoldedAsync(address["us"], "eu", set, 20);
        await PublishAsync("us", set, 100, 1);
        Assert.Equal(21, await CountAsync("us", set, "p-100"));
        await FoldedAsync(address["eu"], "us", set, 1);

        await regions.CutAsync("eu");
        try
        {
            await PublishAsync("eu", set, 20, 10);
            Assert.Equal(31, await CountAsync("eu", set, "p-29"));
            // Longer than it waits for an answer and then asks again: what does not answer must not
            // pass for an answer.
            var stale = Staleness(await regions.StateOnceAsync(address["us"], state => Staleness(state, "eu") > 6), "eu");
            await PublishAsync("us", set, 101, 1);
            var during = await DecisionAsync("us", set, "p-101");
            Assert.Equal(22, CountIn(during));
            Assert.InRange(during.GetProperty("staleness_seconds").GetProperty("eu").GetDouble(), stale, 60);
        }
        finally
        {
            await regions.HealAsync("eu");
        }

        await FoldedAsync(address["us"], "eu", set, 30);
        await FoldedAsync(address["eu"], "us", set, 2);
        await regions.StateOnceAsync(address["us"], state => Staleness(state, "eu") < 2);
        await AssertOneStateAsync(address);
        foreach (var region in Names)
        {
            await AssertDecidedOnceAsync(region, set, region == "eu" ? 30 : 2);
        }
    }

    [SharedFact]
    public async Task A_region_takes_over_from_one_that_died_and_gives_back()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        using var eu = Start("eu", set);
        using var us = Start("us", set);
        var address = await AddressesAsync(eu, us);
        await PublishAsync("eu", set, 0, 20);
        await FoldedAsync(address["us"], "eu", set, 20);

        // The region dies with its brokers. Publishers go to the other's topic, and are not sure of
        // the last that they sent.
        await regions.KillAsync("eu");
        try
        {
            await PublishAsync("us", set, 18, 12);
            var first = await DecisionAsync("us", set, "p-18");
            Assert.Contains("duplicate", Flags(first));
            var last = await DecisionAsync("us", set, "p-29");
            Assert.DoesNotContain("duplicate", Flags(last));
            Assert.Equal(30, CountIn(last));
        }
        finally
        {
            await regions.StartAsync("eu");
        }

        // It returns and catches up; publishers go back.
        await regions.StateOnceAsync(address["eu"], state => Folded(state, "us", set) == 12);
        await PublishAsync("eu", set, 30, 5);
        Assert.Equal(35, await CountAsync("eu", set, "p-34"));
        await FoldedAsync(address["us"], "eu", set, 25);
        await AssertOneStateAsync(address);
        await AssertDecidedOnceAsync("us", set, 12);
        await AssertDecidedOnceAsync("eu", set, 25);
    }

    [SharedFact]
    public async Task A_region_that_is_away_at_the_start_is_followed_once_it_answers()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        await PublishAsync("us", set, 100, 5);
        await regions.CutAsync("us");
        RunningProcess eu, wrong;
        try
        {
            eu = Start("eu", set);
            wrong = Start("eu", [.. set, "--set", "group=wrong", "--set", "regions.us.topics.payments=nowhere-payments"]);
            foreach (var process in new[] { eu, wrong })
            {
                await process.SaysAsync("goes on without region us, until it answers");
            }

            var address = await AddressAsync(eu);
            await PublishAsync("eu", set, 0, 3);
            var alone = await DecisionAsync("eu", set, "p-2");
            Assert.Equal(3, CountIn(alone));
            Assert.Equal(JsonValueKind.Null, alone.GetProperty("staleness_seconds").GetProperty("us").ValueKind);
        }
        finally
        {
            await regions.HealAsync("us");
        }

        using (eu)
        {
            using (wrong)
            {
                await wrong.SaysAsync("topic nowhere-payments is missing, or has no partition 0; see regions.us.topics and .partitions");
            }

            // The other is gone: it decides the same payments, without us, into the same topic.
            await FoldedAsync(await AddressAsync(eu), "us", set, 5);
            await PublishAsync("eu", set, 3, 1);
            Assert.Equal(9, await CountAsync("eu", set, "p-3"));
        }
    }

    [SharedFact]
    public async Task A_region_is_followed_through_a_mirror_that_is_killed_and_repeats_all()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        string[] mirrored = [.. set, "--set", "followRegions.us.payments=mirror"];
        await PublishAsync("us", set, 0, 20);
        var mirror = regions.Mirror("us", "eu", Topic(set, "payments"));
        try
        {
            await MirrorMaker.MakesAsync(regions.BrokersOf("eu"), $"us.{Topic(set, "payments")}");
            using var eu = Start("eu", mirrored);
            using var us = Start("us", set);
            var address = await AddressesAsync(eu, us);
            await regions.StateOnceAsync(address["eu"], state => Mirrored(state, set) == 20);
            await PublishAsync("eu", set, 100, 1);
            Assert.Equal(21, await CountAsync("eu", set, "p-100"));

            mirror.Dispose();
            mirror = regions.Mirror("us", "eu", Topic(set, "payments"));
            await PublishAsync("us", set, 20, 5);
            await regions.StateOnceAsync(address["eu"], state => Mirrored(state, set) == 20 + 25);
            await PublishAsync("eu", set, 101, 1);
            Assert.Equal(27, await CountAsync("eu", set, "p-101"));
            await FoldedAsync(address["us"], "eu", set, 2);
            var states = await Task.WhenAll(Names.Select(region => regions.StateAsync(address[region])));
            Assert.Equal(states[0].GetProperty("digest").GetString(), states[1].GetProperty("digest").GetString());
        }
        finally
        {
            mirror.Dispose();
        }
    }

    [SharedFact]
    public async Task Partitions_that_are_added_while_processes_run_are_decided_and_followed()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        using var eu = Start("eu", set);
        using var us = Start("us", set);
        await AddressAsync(eu);
        await AddressAsync(us);
        await PublishAsync("eu", set, 0, 20);
        await DecidedAsync("eu", set, 20);

        var grown = TwoRegions.SetOf(set[1]["group=".Length..^"scoring".Length], partitions: 3);
        await ScoringProcess.SucceedAsync(regions.EnvironmentOf("eu"), ["topics", "create", "--topology", TwoRegions.Topology, .. grown]);
        foreach (var process in new[] { eu, us })
        {
            await process.SaysAsync("partitions were added");
        }

        await PublishAsync("eu", grown, 20, 200);
        await DecidedAsync("eu", grown, 220);
        var address = await AddressesAsync(eu, us);
        await FoldedAsync(address["us"], "eu", grown, 220);
        Assert.Equal(3, (await regions.StateAsync(address["us"])).GetProperty("vector").EnumerateObject().Count(log => log.Name.StartsWith($"eu/{Topic(grown, "payments")}/", StringComparison.Ordinal)));
        await AssertOneStateAsync(address);
    }

    [SharedTheory]
    [InlineData("wrong", "ca.pem", "topics", 2, "region us: the brokers", "do not let this process in", "regions.us.security: security.protocol, sasl.mechanism, sasl.username, sasl.password")]
    [InlineData("scoring-secret", "other.pem", "topics", 2, "region us: the brokers", "do not let this process in", "regions.us.security: security.protocol, ssl.ca.location")]
    [InlineData("scoring-secret", "ca.pem", "nowhere", 2, "region us: topic nowhere-payments is missing", "followRegions.us", "see regions.us.topics and .partitions")]
    [InlineData("scoring-secret", "ca.pem", "topics", 5, "has 2 partitions, the topology says 5", "followRegions.us", "see regions.us.topics and .partitions")]
    public async Task What_is_wrong_with_another_region_is_said_with_its_name_and_key(string password, string certificate, string topics, int partitions, params string[] said)
    {
        var set = await regions.TopicsAsync(partitions: 2);
        var run = await EndedAsync(regions.SecureEnvironment(password), ["run", "--topology", regions.SecureTopology(certificate, topics == "nowhere"), .. set, "--set", $"regions.us.partitions={partitions}",
            .. topics == "nowhere" ? new[] { "--set", "regions.us.topics.payments=nowhere-payments" } : []]);
        Assert.Equal(1, run.ExitCode);
        Assert.All(said, text => Assert.Contains(text, run.Said, StringComparison.Ordinal));
        Assert.DoesNotContain(password == "wrong" ? "\"wrong\"" : password, run.Said, StringComparison.Ordinal);
    }

    /// <summary>
    /// A process goes on without a region that does not answer in time, as a busy machine's may
    /// not. It is then started again, some times.
    /// </summary>
    private static async Task<(int ExitCode, string Said)> EndedAsync(Dictionary<string, string> environment, string[] arguments)
    {
        for (var started = 1; ; started++)
        {
            using var process = new RunningProcess(environment, arguments);
            var (ended, goesOn) = (process.EndsAsync(), process.SaysAsync("goes on without region us, until it answers"));
            await Task.WhenAny(ended, goesOn);
            if (!goesOn.IsCompletedSuccessfully)
            {
                return (await ended, process.Said);
            }

            Assert.True(started < 5, $"the region never answered in time: {process.Said}");
        }
    }

    [SharedFact]
    public async Task A_region_behind_TLS_and_SASL_is_followed()
    {
        var set = await regions.TopicsAsync(partitions: 2);
        using var eu = new RunningProcess(regions.SecureEnvironment("scoring-secret"), ["run", "--topology", regions.SecureTopology("ca.pem", false), .. set]);
        var address = await AddressAsync(eu);
        await PublishAsync("us", set, 100, 5);
        await FoldedAsync(address, "us", set, 5);
    }

    private RunningProcess Start(string region, string[] set) => new(regions.EnvironmentOf(region), ["run", "--topology", TwoRegions.Topology, .. set]);

    private static async Task<Dictionary<string, string>> AddressesAsync(RunningProcess eu, RunningProcess us) => new() { ["eu"] = await AddressAsync(eu), ["us"] = await AddressAsync(us) };

    /// <summary>Waits until the process is ready.</summary>
    private static async Task<string> AddressAsync(RunningProcess process)
    {
        await process.SaysAsync("ready: ");
        return Address().Matches(process.Said)[^1].Value;
    }

    /// <summary>
    /// Payments of one moment and, up to the 110th, of one customer, so that each decision's count
    /// says how many were folded before it.
    /// </summary>
    private async Task PublishAsync(string region, string[] set, int first, int count)
    {
        var folder = Directory.CreateDirectory(Path.Combine(regions.Folder, $"publish-{Guid.NewGuid():n}")).FullName;
        await File.WriteAllLinesAsync(Path.Combine(folder, "payments.csv"), [
            "payment_id,event_time,amount_minor,currency,customer_id,terminal_id",
            .. Enumerable.Range(first, count).Select(i => $"p-{i},2026-01-01T00:00:00Z,100,EUR,c-{(i < 110 ? 1 : i)},t-1")]);
        await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["publish", "--topology", TwoRegions.Topology, .. set, "--payments", Path.Combine(folder, "payments.csv")]);
    }

    private async Task FoldedAsync(string address, string region, string[] set, long payments) =>
        await regions.StateOnceAsync(address, state => Folded(state, region, set) == payments);

    private static long Folded(JsonElement state, string region, string[] set) => Folded(state, $"{region}/{Topic(set, "payments")}/");

    /// <summary>Records of us's payments that eu folded from its own brokers.</summary>
    private static long Mirrored(JsonElement state, string[] set) => Folded(state, $"eu/us.{Topic(set, "payments")}/");

    private static long Folded(JsonElement state, string logs) => state.GetProperty("vector").EnumerateObject()
        .Where(log => log.Name.StartsWith(logs, StringComparison.Ordinal)).Sum(log => log.Value.GetInt64());

    private static double Staleness(JsonElement state, string region) => state.GetProperty("staleness_seconds").GetProperty(region) is { ValueKind: JsonValueKind.Number } seconds ? seconds.GetDouble() : double.NaN;

    private async Task AssertOneStateAsync(Dictionary<string, string> address)
    {
        // Vectors are compared when both have folded everything; labels there are none.
        var states = await Task.WhenAll(Names.Select(region => regions.StateAsync(address[region])));
        Assert.Equal(states[0].GetProperty("vector").ToString(), states[1].GetProperty("vector").ToString());
        Assert.Equal(states[0].GetProperty("digest").GetString(), states[1].GetProperty("digest").GetString());
    }

    private async Task AssertDecidedOnceAsync(string region, string[] set, int payments)
    {
        var decided = await DecidedAsync(region, set, payments);
        Assert.Equal(payments, decided.Count);
        Assert.Equal(payments, decided.Select(decision => decision.GetProperty("payment_id").GetString()).Distinct().Count());
    }

    /// <summary>Waits until so many payments are decided, and returns all decisions.</summary>
    private Task<List<JsonElement>> DecidedAsync(string region, string[] set, int payments) =>
        DecisionsOnceAsync(region, set, decisions => decisions.Count >= payments, $"{payments} decisions");

    private async Task<JsonElement> DecisionAsync(string region, string[] set, string payment)
    {
        var decisions = await DecisionsOnceAsync(region, set, decisions => decisions.Any(IsOfPayment), $"the decision of {payment}");
        return decisions.First(IsOfPayment);

        bool IsOfPayment(JsonElement decision) => decision.GetProperty("payment_id").GetString() == payment;
    }

    /// <summary>Reads the decisions again and again until they are as wanted.</summary>
    private async Task<List<JsonElement>> DecisionsOnceAsync(string region, string[] set, Func<List<JsonElement>, bool> areWanted, string wanted)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            var read = await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["decisions", "--topology", TwoRegions.Topology, .. set, "--json"]);
            var decisions = read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone()).ToList();
            if (areWanted(decisions))
            {
                return decisions;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{wanted} did not come in {region}; {decisions.Count} decisions did");
        }
    }

    private async Task<double> CountAsync(string region, string[] set, string payment) => CountIn(await DecisionAsync(region, set, payment));

    private static double CountIn(JsonElement decision) => decision.GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble();

    private static IEnumerable<string?> Flags(JsonElement decision) => decision.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString());

    private static string Topic(string[] set, string topic) => set.First(value => value.StartsWith($"regions.eu.topics.{topic}=", StringComparison.Ordinal)).Split('=')[1];

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
