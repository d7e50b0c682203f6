using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// <c>replay</c> and <c>explain</c> over what two regions decided while processes were killed, the
/// policy changed, and publishers sent what they should not: payments twice and late, rubbish, and
/// transactions that they gave up.
/// </summary>
public sealed class ReplayTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private const int Rounds = 6, PaymentsOfRound = 500, Rate = 400, RepeatedEvery = 23, LateEvery = 37, LateDays = 60;

    private static readonly string[] Names = ["eu", "us"];

    private static readonly TimeSpan KillInterval = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromMinutes(3);

    [SharedFact]
    public async Task What_was_decided_over_takeovers_regions_and_changes_of_policy_is_derived_without_a_difference()
    {
        // Busy keys are put together early, so that what windows hold at their edges is not known.
        var (features, shipped) = (Path.Combine(regions.Folder, "features.yaml"), await File.ReadAllTextAsync(Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "features.yaml")));
        await File.WriteAllTextAsync(features, $"{shipped}\nexact_events: 32\n");
        var set = await regions.TopicsAsync(partitions: 2, "--set", $"features={features}", "--set", "policy=log", "--set", "membership.session=6s", "--set", "snapshots.interval=3s");
        string[] starts = ["eu", "eu", "us"];
        var processes = starts.Select(region => Start(region, set)).ToArray();
        try
        {
            await Task.WhenAll(processes.Select(process => process.SaysAsync("ready: ")));
            var publishing = PublishAsync(set);
            using var kills = new PeriodicTimer(KillInterval);
            for (var i = 0; !publishing.IsCompleted; i++)
            {
                await Task.WhenAny(publishing, kills.WaitForNextTickAsync(CancellationToken.None).AsTask());
                if (!publishing.IsCompleted)
                {
                    processes[i % 3].Kill();
                    await processes[i % 3].EndsAsync();
                    processes[i % 3].Dispose();
                    processes[i % 3] = Start(starts[i % 3], set);
                }
            }

            await publishing;
            foreach (var region in Names)
            {
                await DecidedAsync(region, set);
            }
        }
        finally
        {
            foreach (var process in processes)
            {
                process.Dispose();
            }
        }

        foreach (var region in Names)
        {
            await RequireDerivedAsync(region, set, await DecidedAsync(region, set));
        }
    }

    /// <summary>Nothing changed is no difference; what changed is, and nothing else.</summary>
    private async Task RequireDerivedAsync(string region, string[] set, List<JsonElement> decisions)
    {
        // Each kind of payment that is hard to derive is there, or nothing was tried.
        Assert.Contains(decisions, decision => Flags(decision).Contains("duplicate"));
        Assert.Contains(decisions, decision => Flags(decision).Contains("approximate"));
        Assert.True(decisions.Select(decision => decision.GetProperty("policy").GetString()).Distinct().Count() >= 3);

        var whole = await ReplayAsync(region, set, exit: 0, "--expect-none");
        Assert.Equal((decisions.Count, decisions.Count), (whole.GetProperty("payments").GetInt32(), whole.GetProperty("compared").GetInt32()));
        Assert.Equal("""{"features":0,"score":0,"action":0,"rules":0}""", whole.GetProperty("differences").GetRawText());
        Assert.Equal(whole.GetProperty("recorded").GetRawText(), whole.GetProperty("replayed").GetRawText());
        foreach (var action in whole.GetProperty("recorded").EnumerateObject())
        {
            Assert.Equal(decisions.Count(decision => decision.GetProperty("action").GetString() == action.Name), action.Value.GetInt32());
        }

        var middle = decisions.Select(decision => decision.GetProperty("log_time").GetString()!).Order(StringComparer.Ordinal).ElementAt(decisions.Count / 2);
        var (before, after) = (await ReplayAsync(region, set, exit: 0, "--expect-none", "--to", middle), await ReplayAsync(region, set, exit: 0, "--expect-none", "--from", middle));
        Assert.Equal(decisions.Count, before.GetProperty("compared").GetInt32() + after.GetProperty("compared").GetInt32());
        Assert.True(before.GetProperty("compared").GetInt32() > 0 && after.GetProperty("compared").GetInt32() > 0);

        var (rules, changes) = (Path.Combine(regions.Folder, "block-all.txt"), Path.Combine(regions.Folder, $"changes-{region}.jsonl"));
        await File.WriteAllTextAsync(rules, "block all when amount >= 0\n");
        var blocked = await ReplayAsync(region, set, exit: 1, "--expect-none", "--rules", rules, "--changes", changes);
        Assert.Equal(decisions.Count, blocked.GetProperty("replayed").GetProperty("block").GetInt32());
        Assert.Equal(decisions.Count(decision => decision.GetProperty("action").GetString() != "block"), blocked.GetProperty("differences").GetProperty("action").GetInt32());
        Assert.Equal((0, 0), (blocked.GetProperty("differences").GetProperty("features").GetInt32(), blocked.GetProperty("differences").GetProperty("score").GetInt32()));
        var lines = await File.ReadAllLinesAsync(changes);
        // Repeats are asked by no rule.
        Assert.Equal(decisions.Count(decision => decision.GetProperty("decided_by").GetString() != "duplicate" || decision.GetProperty("action").GetString() != "block"), lines.Length);
        Assert.All(lines, line => Assert.Equal("block", JsonDocument.Parse(line).RootElement.GetProperty("replayed").GetProperty("action").GetString()));
        Assert.Subset(decisions.Select(decision => decision.GetProperty("decision_id").GetString()).ToHashSet(), lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("decision_id").GetString()).ToHashSet());

        var ruled = decisions.First(decision => decision.GetProperty("rules").EnumerateArray().Any(rule => rule.GetString() == "listed"));
        var told = await ExplainAsync(region, set, ruled.GetProperty("decision_id").GetString()!);
        foreach (var feature in ruled.GetProperty("features").EnumerateObject())
        {
            Assert.Equal(feature.Value.GetRawText(), told.GetProperty("features").GetProperty(feature.Name).GetProperty("value").GetRawText());
        }

        var listed = told.GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "listed");
        Assert.True(listed.GetProperty("fired").GetBoolean());
        Assert.True(listed.GetProperty("values").GetProperty("@customers").GetBoolean());
        Assert.Contains(listed.GetProperty("values").GetProperty("customer_id").GetString(), (string[])["c-3", "c-1", "c-4", "c-7"]);
    }

    private async Task<JsonElement> ReplayAsync(string region, string[] set, int exit, params string[] more)
    {
        var outcome = await ScoringProcess.RunAsync(regions.EnvironmentOf(region), ["replay", "--topology", TwoRegions.Topology, .. set, "--json", .. more]);
        Assert.True(outcome.ExitCode == exit && outcome.Output.Contains("\"missing\":0,", StringComparison.Ordinal), $"{region}, {string.Join(' ', more)}: {outcome.ExitCode} {outcome.Output} {outcome.Errors}");
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private async Task<JsonElement> ExplainAsync(string region, string[] set, string wanted)
    {
        var outcome = await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["explain", wanted, "--topology", TwoRegions.Topology, .. set, "--json"]);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private static IEnumerable<string?> Flags(JsonElement decision) => decision.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString());

    private RunningProcess Start(string region, string[] set) => new(regions.EnvironmentOf(region), ["run", "--topology", TwoRegions.Topology, .. set]);

    /// <summary>Publishes rounds to both regions, and changes the policy between them.</summary>
    private async Task PublishAsync(string[] set)
    {
        var rules = Path.Combine(regions.Folder, "rules.txt");
        for (var round = 0; round < Rounds; round++)
        {
            if (round % 3 == 0)
            {
                await File.WriteAllTextAsync(rules, $"block listed when customer_id in @customers\nreview big when amount >= {50 + round}\n");
                await ChangeAsync(set, "policy", "publish", "--rules", rules, "--why", "a test");
            }
            else if (round % 3 == 1)
            {
                await ChangeAsync(set, "lists", "add", "customers", "c-3", $"c-{round}", "--why", "a test");
            }
            else
            {
                await ChangeAsync(set, "policy", "publish", "--set", $"decide.challengeFrom={round}", "--why", "a test");
            }

            await Task.WhenAll(Names.Select(region => PublishAsync(region, round, set)));
        }
    }

    private Task<ScoringProcess.Outcome> ChangeAsync(string[] set, params string[] verb) => ScoringProcess.SucceedAsync(regions.EnvironmentOf("eu"), [.. verb, "--topology", TwoRegions.Topology, .. set]);

    private async Task PublishAsync(string region, int round, string[] set)
    {
        var (payments, labels, first) = (Path.Combine(regions.Folder, $"{region}.csv"), Path.Combine(regions.Folder, $"{region}-labels.csv"), round * PaymentsOfRound);
        var own = Enumerable.Range(first, PaymentsOfRound);
        await File.WriteAllLinesAsync(payments, [
            "payment_id,event_time,amount_minor,currency,customer_id,terminal_id",
            .. own.Select(i => RowOf(region, i)),
            // Of this round, and of the one before.
            .. own.Where(i => i % RepeatedEvery == 0).SelectMany(i => new[] { RowOf(region, i), RowOf(region, Math.Max(0, i - PaymentsOfRound)) })]);
        await File.WriteAllLinesAsync(labels, [
            "payment_id,event_time,known_at,fraud,customer_id,terminal_id",
            .. own.Where(i => i % 19 == 0).Select(i => FormattableString.Invariant($"{region}-{i},{TimeOf(i)},{TimeOf(i + 40)},true,c-{i % 31},t-{i % 7}"))]);
        Produce(region, set, round);
        await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["publish", "--topology", TwoRegions.Topology, "--payments", payments, "--labels", labels, "--rate", $"{Rate}", .. set]);
    }

    private static long TimeOf(int i) => 1_700_000_000_000L + (i * 1000L) - (i % LateEvery == 1 ? LateDays * 86_400_000L : 0);

    private static string RowOf(string region, int i) => FormattableString.Invariant($"{region}-{i},{TimeOf(i)},{i * 37 % 15_000},EUR,c-{i % 31},t-{i % 7}");

    /// <summary>Rubbish; and payments in transactions, of which one is given up.</summary>
    private void Produce(string region, string[] set, int round)
    {
        var topic = set.First(argument => argument.StartsWith($"regions.{region}.topics.payments=", StringComparison.Ordinal)).Split('=')[1];
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = regions.BrokersOf(region), TransactionalId = $"replay-{region}" }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        foreach (var isKept in new[] { true, false, true })
        {
            producer.BeginTransaction();
            for (var i = 0; i < 6; i++)
            {
                var value = i == 2 ? "no payment" : string.Create(CultureInfo.InvariantCulture, $$"""{"payment_id":"{{region}}-t-{{round}}-{{isKept}}-{{i}}","event_time":{{TimeOf((round * PaymentsOfRound) + i)}},"amount_minor":{{100 * i}},"currency":"EUR","customer_id":"c-{{i}}","terminal_id":"t-1"}""");
                producer.Produce(new TopicPartition(topic, i % 2), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(value) });
            }

            producer.Flush(TimeSpan.FromSeconds(30));
            if (isKept)
            {
                producer.CommitTransaction();
            }
            else
            {
                producer.AbortTransaction();
            }
        }
    }

    /// <summary>All decisions of a region, once every payment has one.</summary>
    private async Task<List<JsonElement>> DecidedAsync(string region, string[] set)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var outcome = await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["decisions", "--topology", TwoRegions.Topology, .. set, "--json"]);
            var decisions = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
            // The rounds' payments, and five of each transaction's six records.
            var ids = decisions.Select(decision => decision.GetProperty("payment_id").GetString()).Distinct().Count();
            if (ids == Rounds * (PaymentsOfRound + 5))
            {
                return decisions;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{region}: {ids} payments are decided");
        }
    }
}
