using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host;
using StreamScoring.Host.Registry;
using StreamScoring.Host.Serving;
using StreamScoring.Host.Verbs;
using StreamScoring.Lists;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Two regions whose policy changes every second while processes are killed: each decision is
/// derived again from the logs, with the policy that its batch's vector names.
/// </summary>
public sealed class PolicyUnderFaultsTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private const int Changes = 20, PaymentsOfRound = 500, Rate = 100;

    private static readonly string[] Names = ["eu", "us"];

    private static readonly TimeSpan ChangeInterval = TimeSpan.FromSeconds(1), KillInterval = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromMinutes(3);

    [SharedFact]
    public async Task Every_decision_is_that_of_the_policy_that_it_names_and_within_a_partition_none_goes_back()
    {
        var set = await regions.TopicsAsync(partitions: 2, "--set", "policy=log", "--set", "membership.session=6s", "--set", "snapshots.interval=3s", "--set", "emit.names=inline");
        var topology = Load("eu", set);
        await PushModelsAsync(topology);
        string[] starts = ["eu", "eu", "us"];
        var processes = starts.Select(region => Start(region, set)).ToArray();
        try
        {
            await Task.WhenAll(processes.Select(process => process.SaysAsync("ready: ")));
            var author = Task.Run(() => ChangeAsync(topology));
            var publishing = PublishWhileAsync(author, set);
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

            var payments = await publishing;
            await author;
            using var oracle = new PolicyDerivation(topology);
            var derived = 0;
            foreach (var region in Names)
            {
                derived += oracle.Check(Read(region, set, payments), payments);
                // So does the engine itself, scores and features among it.
                var replay = await ScoringProcess.RunAsync(regions.EnvironmentOf(region), ["replay", "--topology", TwoRegions.Topology, .. set, "--json", "--expect-none"]);
                Assert.True(replay.ExitCode == 0 && replay.Output.Contains("\"missing\":0,", StringComparison.Ordinal), $"{region}: {replay.ExitCode} {replay.Output} {replay.Errors}");
            }

            Assert.True(derived >= Names.Length * payments);
            // Several policies decided, or nothing was tried.
            Assert.True(oracle.PoliciesSeen >= 10, $"{oracle.PoliciesSeen} policies");
            // Three champions and a canary: the other one may have been in force for no batch.
            Assert.True(oracle.Models.Count >= 4, string.Join(", ", oracle.Models));
        }
        finally
        {
            foreach (var process in processes)
            {
                process.Dispose();
            }
        }
    }

    private RunningProcess Start(string region, string[] set) => new(
        // Each start of a process has the snapshots of its region.
        regions.EnvironmentOf(region), ["run", "--topology", TwoRegions.Topology, .. set]);

    private Topology Load(string region, string[] set)
    {
        var environment = regions.EnvironmentOf(region);
        return TopologyFile.Load(Path.Combine(SharedFolder.RepositoryRoot, TwoRegions.Topology), [
            $"region={region}", $"regions.eu.brokers={environment["SCORING_BROKERS_EU"]}", $"regions.us.brokers={environment["SCORING_BROKERS_US"]}", .. set.Where((_, i) => i % 2 == 1)]);
    }

    /// <summary>Publishes two versions of the model, by other calibrations.</summary>
    private async Task PushModelsAsync(Topology topology)
    {
        foreach (var end in new[] { "0.5", "0.9" })
        {
            var (folder, registry) = (Directory.CreateDirectory(Path.Combine(regions.Folder, $"model-{end}")).FullName, Path.Combine(regions.Folder, "registry"));
            foreach (var file in Directory.EnumerateFiles(topology.ModelFolder))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            await File.AppendAllTextAsync(Path.Combine(folder, "card.yaml"), $"calibration: {{from: [0, 1], to: [0, {end}]}}\n");
            await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), "models", "add", "--registry", registry, "--model", folder, "--name", $"to-{end}");
            var from = ModelRegistry.Open(registry);
            ModelsPushVerb.Push(topology, new PublishedShelf(topology, CancellationToken.None), from, from.Find($"to-{end}"), again: false, "a test", CancellationToken.None);
        }
    }

    /// <summary>Another of the two decides, and the one before stands in for it; or both do.
    /// </summary>
    private static string OtherModels(string? text)
    {
        var models = PublishedModels.Read(text);
        var roles = models.Roles;
        var (first, second) = (models.Versions[0].Model, models.Versions[1].Model);
        return models.With(
            roles.Canary is null && roles.Champion is not null ? roles with { Canary = new CanaryRole(roles.Champion == first ? second : first, 30, TextField.CustomerId) }
                : roles with { Champion = roles.Champion == first ? second : first, Previous = roles.Champion, Canary = null },
            isRollback: false).ToText();
    }

    /// <summary>
    /// Publishes a change every second: rules, thresholds, models, or an entry of a list.
    /// </summary>
    private static async Task ChangeAsync(Topology topology)
    {
        var random = new Random(1);
        using var timer = new PeriodicTimer(ChangeInterval);
        for (var i = 0; i < Changes; i++)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            if (i % 4 == 3)
            {
                PolicyLogs.ListsOf(topology).Write([(ListRecord.KeyOf("customers", $"c-{random.Next(20)}"), random.Next(3) == 0 ? null : ListRecord.ValueOf(null, null))], new Dictionary<string, string>(), _ => { }, CancellationToken.None);
                continue;
            }

            var inForce = PolicyLogs.HistoryOf(topology, CancellationToken.None).InForce;
            var (kind, text) = i % 4 == 1
                ? (ControlPart.Models, OtherModels(inForce.TextOf(ControlPart.Models)))
                : i % 4 == 0
                ? (ControlPart.Rules, string.Create(CultureInfo.InvariantCulture, $"# {i}\nblock listed when customer_id in @customers\nreview big when amount >= {random.Next(100)}\n"))
                : (ControlPart.Settings, string.Create(CultureInfo.InvariantCulture, $"decide.blockFrom={50 + random.Next(50)}\ndecide.challengeFrom={random.Next(3)}\n"));
            PolicyLogs.ControlOf(topology).Write([(null, new ControlChange("a test", $"change {i}", [ControlPart.Of(kind, text, inForce.HashOf(kind))]).ToJson())], new Dictionary<string, string>(), _ => { }, CancellationToken.None);
        }
    }

    /// <summary>Publishes rounds of payments to each region, as long as the policy changes.
    /// </summary>
    /// <returns>How many to each region.</returns>
    private async Task<int> PublishWhileAsync(Task changing, string[] set)
    {
        var published = 0;
        do
        {
            await Task.WhenAll(Names.Select(region => PublishAsync(region, published, set)));
            published += PaymentsOfRound;
        }
        while (!changing.IsCompleted);
        return published;
    }

    private async Task PublishAsync(string region, int first, string[] set)
    {
        var path = Path.Combine(regions.Folder, $"{region}.csv");
        await File.WriteAllLinesAsync(path, [
            "payment_id,event_time,amount_minor,currency,customer_id,terminal_id",
            .. Enumerable.Range(first, PaymentsOfRound).Select(i => FormattableString.Invariant($"{region}-{i},{1_700_000_000_000L + (i * 1000L)},{i * 37 % 15_000},EUR,c-{i % 40},t-{i % 7}"))]);
        await ScoringProcess.SucceedAsync(regions.EnvironmentOf(region), ["publish", "--topology", TwoRegions.Topology, "--payments", path, "--rate", $"{Rate}", .. set]);
    }

    /// <summary>All decisions of a region, once every payment has one.</summary>
    private List<(int Partition, DecisionRecord Decision, byte[]? Vector)> Read(string region, string[] set, int payments)
    {
        var topic = Load(region, set).Home.Decisions;
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = regions.BrokersOf(region), GroupId = "derive", EnableAutoCommit = false }).Build();
        consumer.Assign(Enumerable.Range(0, 2).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var (read, decided) = (new List<(int, DecisionRecord, byte[]?)>(), new HashSet<string>(StringComparer.Ordinal));
        var began = TimeProvider.System.GetTimestamp();
        while (decided.Count < payments)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{region}: {decided.Count} of {payments} payments are decided");
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is { } record)
            {
                var decision = DecisionMessagePack.Read(record.Message.Value);
                decided.Add(decision.PaymentId);
                read.Add((record.Partition, decision, record.Message.Headers.TryGetLastBytes(RecordHeaders.Vector, out var vector) ? vector : null));
            }
        }

        return read;
    }

    /// <summary>
    /// Derives decisions from the logs alone: which policy was in force, and what it says.
    /// </summary>
    private sealed class PolicyDerivation : IDisposable
    {
        private readonly EngineMeter _meter = new();
        private readonly PolicyFiles _files;

        /// <summary>By offset of the control log: what is in force once all before it is read.
        /// </summary>
        private readonly List<(ControlState State, PolicyParts Parts)> _policies = [];
        private readonly List<(string Entry, bool IsRemoval)> _entries = [];
        private readonly HashSet<string> _seen = [];
        private readonly HashSet<(string Name, string Role)> _models = [];
        private readonly LogId _control, _lists;

        public PolicyDerivation(Topology topology)
        {
            _files = new PolicyFiles(topology, Artifacts.Load(topology, CancellationToken.None), _meter, PublishedFolders.OfProcess(topology));
            var maker = new LogPolicy(_files, () => topology, NullLogger.Instance, CancellationToken.None);
            _policies.Add((ControlState.Empty, maker.Make(ControlState.Empty)));
            foreach (var entry in PolicyLogs.HistoryOf(topology, CancellationToken.None).Entries)
            {
                _policies.Add((entry.InForce, maker.Make(entry.InForce)));
            }

            foreach (var record in PolicyLogs.ListsOf(topology).ReadAll(CancellationToken.None))
            {
                Assert.True(ListRecord.TryReadKey(record.Key, out _, out var entry));
                _entries.Add((entry, record.Value.Length == 0));
            }

            var home = topology.Regions.First(region => region.Name == topology.Control!.Region);
            (_control, _lists) = (new LogId(home.Name, home.Control, 0), new LogId(home.Name, home.Lists, 0));
        }

        public int PoliciesSeen => _seen.Count;

        public HashSet<(string Name, string Role)> Models => _models;

        /// <returns>How many decisions were derived.</returns>
        public int Check(List<(int Partition, DecisionRecord Decision, byte[]? Vector)> decisions, int payments)
        {
            foreach (var partition in decisions.GroupBy(decision => decision.Partition))
            {
                var (highest, before, at) = (-1L, (Control: 0L, Lists: 0L), (Control: 0L, Lists: 0L));
                foreach (var (_, decision, vector) in partition)
                {
                    // Only a batch's first decision carries it.
                    at = vector is null ? at : (PositionIn(vector, _control), PositionIn(vector, _lists));
                    Derive(decision, at);
                    if (decision.Source.Offset > highest)
                    {
                        Assert.True(at.Control >= before.Control && at.Lists >= before.Lists, $"{decision.Source} is decided at {at}, and the one before it at {before}");
                        (highest, before) = (decision.Source.Offset, at);
                    }
                }
            }

            Assert.Equal(payments, decisions.Select(decision => decision.Decision.PaymentId).Distinct().Count());
            return decisions.Count;
        }

        public void Dispose()
        {
            _files.Dispose();
            _meter.Dispose();
        }

        private void Derive(DecisionRecord decision, (long Control, long Lists) at)
        {
            var (state, parts) = _policies[(int)at.Control];
            var listed = ListSet.Empty(Identity.IdentityHash.Development).With([.. _entries.Take((int)at.Lists).Select(entry => new ListChange("customers", entry.Entry, ListEntry.Forever, entry.IsRemoval))], 0);
            Assert.Equal(parts.IdBy(listed.Lists), decision.Policy);
            _seen.Add(decision.Policy!);
            // The scores are another test's; here each is of a model that may decide then.
            Assert.Contains(parts.Models, served => served.Model.Name == decision.ModelName && served.Model.Version.EndsWith(decision.ModelVersion!, StringComparison.Ordinal) && served.Role.ToString().Equals(decision.Role, StringComparison.OrdinalIgnoreCase));
            _models.Add((decision.ModelName!, decision.Role!));
            if (decision.Flags.Contains("duplicate") || state.TextOf(ControlPart.Rules) is not { } rules)
            {
                return;
            }

            // Worked out without the language that rules are written in.
            var number = int.Parse(decision.PaymentId[3..], CultureInfo.InvariantCulture);
            var isListed = _entries.Take((int)at.Lists).LastOrDefault(entry => entry.Entry == $"c-{number % 40}") is { Entry: not null, IsRemoval: false };
            var isBig = number * 37 % 15_000 >= 100 * int.Parse(rules[(rules.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            Assert.Equal([.. isListed ? ["listed"] : (string[])[], .. isBig ? ["big"] : (string[])[]], decision.Rules);
            var thresholds = parts.Thresholds;
            Assert.Equal(
                isListed ? "block" : isBig ? "review" : decision.Score >= thresholds.BlockFrom ? "block" : decision.Score >= thresholds.ReviewFrom ? "review" : decision.Score >= thresholds.ChallengeFrom ? "challenge" : "allow",
                decision.Action);
        }

        private static long PositionIn(byte[] vector, LogId log) => BatchVector.Read(vector).Single(entry => new LogId(entry.Region, entry.Topic, entry.Partition) == log).Next;
    }
}
