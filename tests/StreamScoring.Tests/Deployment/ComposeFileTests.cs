using System.Text.RegularExpressions;
using StreamScoring.Deployment;

namespace StreamScoring.Tests.Deployment;

/// <summary>
/// docker-compose.yml against the files and the code that it speaks of. No engine runs it here:
/// docs/operations.md.
/// </summary>
public sealed partial class ComposeFileTests
{
    private const string TopologyPath = "topology/two-regions/topology.yaml";

    private static readonly string[] Regions = ["eu", "us"];

    private static IReadOnlyList<ComposeService> Processes { get; } = [.. ComposeService.All.Where(service => service.IsProcess)];

    [Fact]
    public void Every_image_has_a_version_or_is_built_here()
    {
        foreach (var service in ComposeService.All.Where(service => !service.IsOurs))
        {
            Assert.Matches(@"^[a-z0-9./-]+:v?\d+\.\d+\.\d+$", service.Node["image"].Text);
        }

        // One service builds it, so that it is not built as often as it is used; nobody looks for
        // it in a registry.
        var ours = ComposeService.All.Where(service => service.IsOurs).ToList();
        var builder = Assert.Single(ours, service => service.Node.Find("build") is not null);
        Assert.Equal("topics", builder.Name);
        Assert.True(File.Exists(Path.Combine(DeploymentFile.PathOf(builder.Node["build"].Text), "Dockerfile")));
        Assert.All(ours.Where(service => service != builder), service => Assert.Equal((builder.Node["image"].Text, "never"), (service.Node["image"].Text, service.Node["pull_policy"].Text)));
    }

    [Fact]
    public void What_a_service_waits_for_can_come()
    {
        var waits = ComposeService.All.SelectMany(service => (service.Node.Find("depends_on")?.Entries ?? [])
            .Select(wait => (From: service, For: ComposeService.Named(wait.Key), Condition: wait.Value["condition"].Text))).ToList();
        Assert.NotEmpty(waits);
        foreach (var wait in waits)
        {
            Assert.True(wait.Condition switch
            {
                "service_healthy" => wait.For.HasHealthcheck,
                "service_completed_successfully" => wait.For.Node.Find("restart")?.Text is null or "no" or "on-failure",
                "service_started" => true,
                _ => false,
            }, $"{wait.From} waits for {wait.For}: {wait.Condition}");
        }

        // Topics are made once both brokers are there, and before anybody uses them.
        Assert.Equal(["kafka-eu", "kafka-us"], waits.Where(wait => wait.From.Name == "topics" && wait.Condition == "service_healthy").Select(wait => wait.For.Name).Order());
        Assert.All(
            ComposeService.All.Where(service => service.IsOurs && service.Name != "topics"),
            service => Assert.Contains(waits, wait => wait.From == service && wait.For.Name == "topics" && wait.Condition == "service_completed_successfully"));
    }

    [Fact]
    public void Volumes_are_declared_used_and_there()
    {
        var declared = DeploymentFile.Yaml("docker-compose.yml")["volumes"].Keys;
        var mounts = ComposeService.All.SelectMany(service => service.Volumes).ToList();
        Assert.Equal(declared.Order(), mounts.Select(mount => mount.Source).Where(source => !source.StartsWith('.')).Distinct().Order());
        var files = mounts.Select(mount => mount.Source).Where(source => source.StartsWith('.')).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(Path.Exists(DeploymentFile.PathOf(file)), file));
    }

    [Fact]
    public void Ports_are_open_on_this_machine_only_and_differ()
    {
        var ports = ComposeService.All.SelectMany(service => service.Ports).ToList();
        Assert.All(ports, port => Assert.Equal("127.0.0.1", port.Address));
        Assert.Equal(ports.Count, ports.Select(port => port.Published).Distinct().Count());
        // docs/operations.md has a table of them.
        var docs = DeploymentFile.Text("docs/operations.md");
        Assert.All(ports, port => Assert.Contains($"{port.Published}", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_region_of_the_topology_has_two_processes_that_share_nothing()
    {
        Assert.Equal(Regions.SelectMany(region => new[] { region, region }), Processes.Select(process => process.Environment["SCORING_REGION"]).Order());
        var data = Processes.Select(process => process.Volumes.Single(volume => volume.Target == process.Environment["SCORING_DATA"]).Source).ToList();
        Assert.Equal(data.Count, data.Distinct().Count());
        var topologies = Processes.Select(TopologyOf).ToList();
        Assert.Equal(Regions, topologies[0].Regions.Select(region => region.Name));
        Assert.Equal(topologies.Count, topologies.Select(topology => topology.Membership.Instance).Where(instance => instance.Length > 0).Distinct().Count());
    }

    [Fact]
    public void A_process_has_room_for_its_state_and_time_to_end()
    {
        // As long as the program gives itself.
        var patience = TimeSpan.FromMinutes(int.Parse(ProcessPatience().Match(DeploymentFile.Text("src/StreamScoring.Host/VerbRunner.cs")).Groups["minutes"].Value));
        foreach (var process in Processes)
        {
            Assert.True(TimeSpan.FromSeconds(int.Parse(process.Node["stop_grace_period"].Text.TrimEnd('s'))) > patience, $"{process}");
            Assert.True(Bytes(process.Node["mem_limit"].Text) >= 2 * TopologyOf(process).StateBytesMax, $"{process}");
            Assert.Equal("unless-stopped", process.Node["restart"].Text);
        }

        Assert.All(ComposeService.All, service => Assert.True(Bytes(service.Node["mem_limit"].Text) > 0));
    }

    [Fact]
    public void Variables_are_those_that_the_topology_reads()
    {
        var known = TopologyVariable().Matches(DeploymentFile.Text(TopologyPath)).Select(match => match.Groups["name"].Value).ToHashSet();
        var given = ComposeService.All.SelectMany(service => service.Environment.Keys).Where(name => name.StartsWith("SCORING_", StringComparison.Ordinal)).ToHashSet();
        Assert.Superset(new HashSet<string> { "SCORING_REGION", "SCORING_DATA", "SCORING_BROKERS_EU", "SCORING_BROKERS_US" }, given);
        Assert.Subset(known, given);
        // What a shell there reads, it is given.
        foreach (var service in ComposeService.All)
        {
            var read = ShellVariable().Matches(string.Join('\n', service.Command)).Select(match => match.Groups["name"].Value).ToHashSet();
            Assert.Subset(service.Environment.Keys.ToHashSet(), read);
        }
    }

    [Theory, InlineData("eu"), InlineData("us")]
    public void Brokers_are_where_processes_and_this_machine_look_for_them(string region)
    {
        var broker = ComposeService.Named($"kafka-{region}");
        var advertised = broker.Environment["KAFKA_ADVERTISED_LISTENERS"].Split(',').Select(listener => listener.Split("://")).ToDictionary(parts => parts[0], parts => parts[1]);
        var listened = broker.Environment["KAFKA_LISTENERS"].Split(',').Select(listener => listener.Split("://:")).ToDictionary(parts => parts[0], parts => parts[1]);
        Assert.All(
            ComposeService.All.Where(service => service.IsOurs),
            service => Assert.Equal(advertised["REGION"], service.Environment[$"SCORING_BROKERS_{region.ToUpperInvariant()}"]));
        Assert.Equal($"{broker.Name}:{listened["REGION"]}", advertised["REGION"]);

        // From outside: the topology's own default.
        var fallback = Regex.Match(DeploymentFile.Text(TopologyPath), $@"\$\{{SCORING_BROKERS_{region.ToUpperInvariant()}:-(?<brokers>[^}}]+)\}}").Groups["brokers"].Value;
        Assert.Equal(fallback, advertised["HOST"]);
        var port = Assert.Single(broker.Ports);
        Assert.Equal(($"{port.Address}:{port.Published}", listened["HOST"]), (advertised["HOST"], $"{port.Target}"));

        // The protocol of each listener is named, and the health check asks one of them.
        var protocols = broker.Environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].Split(',').Select(entry => entry.Split(':')[0]).ToHashSet();
        Assert.Equal(listened.Keys.Order(), protocols.Order());
        Assert.Contains($"localhost:{listened["REGION"]}", broker.Node["healthcheck"]["test"].Items.Select(item => item.Text));
        Assert.Equal($"1@localhost:{listened["CONTROLLER"]}", broker.Environment["KAFKA_CONTROLLER_QUORUM_VOTERS"]);
    }

    [Fact]
    public void Two_kafkas_are_two_clusters() =>
        Assert.Equal(2, ComposeService.All.Where(service => service.Environment.ContainsKey("CLUSTER_ID")).Select(service => service.Environment["CLUSTER_ID"]).Distinct().Count());

    [Fact]
    public void Verbs_and_options_are_those_of_the_program()
    {
        var source = string.Concat(Directory.EnumerateFiles(DeploymentFile.PathOf("src/StreamScoring.Host/Verbs"), "*.cs").Select(File.ReadAllText));
        var calls = ComposeService.All.Where(service => service.IsOurs)
            .SelectMany(service => service.Node.Find("entrypoint") is null
                ? [string.Join(' ', service.Command)]
                : ShellCall().Matches(string.Join('\n', service.Command)).Select(match => match.Groups["call"].Value)).ToList();
        Assert.Equal(["generate", "publish", "run", "topics"], calls.Select(call => call.Split(' ')[0]).Distinct().Order());
        foreach (var call in calls)
        {
            Assert.Contains($"new Command(\"{call.Split(' ')[0]}\"", source, StringComparison.Ordinal);
            Assert.All(call.Split(' ').Where(word => word.StartsWith("--", StringComparison.Ordinal)), option => Assert.Contains($"\"{option}\"", source, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Nothing_in_it_looks_like_a_secret()
    {
        foreach (var service in ComposeService.All)
        {
            Assert.DoesNotContain(service.Environment, entry => Secret().IsMatch(entry.Key));
            Assert.DoesNotContain(service.Command, Secret().IsMatch);
        }
    }

    [Fact]
    public void Prometheus_looks_at_every_process_and_knows_whom_it_serves()
    {
        var targets = DeploymentFile.Yaml("deploy/prometheus.yml")["scrape_configs"].Items.Single(job => job["job_name"].Text == "scoring")["static_configs"].Items
            .SelectMany(group => group["targets"].Items.Select(target => (Target: target.Text, Serves: group["labels"]["serves"].Text)));
        Assert.Equal(
            Processes.Select(process => ($"{process.Name}:{process.Ports.Single().Target}", process.Environment["SCORING_REGION"])).Order(),
            targets.Order());
        Assert.All(Processes, process => Assert.Equal(TopologyOf(process).HttpPort, process.Ports.Single().Target));
    }

    [Fact]
    public void Grafana_finds_its_dashboard_and_its_source()
    {
        var grafana = ComposeService.Named("grafana");
        var provider = DeploymentFile.Yaml("deploy/grafana/provisioning/dashboards/scoring.yml")["providers"].Items.Single();
        var folder = provider["options"]["path"].Text;
        var mounted = grafana.Volumes.Single(volume => volume.Target == folder).Source;
        var home = grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
        Assert.Equal(folder, Path.GetDirectoryName(home));
        Assert.True(File.Exists(DeploymentFile.PathOf(Path.Combine(mounted, Path.GetFileName(home)))));
        Assert.Contains(grafana.Volumes, volume => volume == ("./deploy/grafana/provisioning", "/etc/grafana/provisioning"));

        var source = DeploymentFile.Yaml("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"].Items.Single();
        var url = new Uri(source["url"].Text);
        Assert.Equal(ComposeService.Named(url.Host).Ports.Single().Target, url.Port);
    }

    /// <summary>
    /// What the process would read: the file, with what the command and the environment put in.
    /// </summary>
    private static Topology TopologyOf(ComposeService process)
    {
        var path = Assert.Single(process.OptionValues("--topology"));
        return TopologyFile.Load(DeploymentFile.PathOf(path), [
            .. process.OptionValues("--set"),
            $"region={process.Environment["SCORING_REGION"]}",
            $"regions.eu.brokers={process.Environment["SCORING_BROKERS_EU"]}",
            $"regions.us.brokers={process.Environment["SCORING_BROKERS_US"]}",
        ]);
    }

    private static long Bytes(string size) => size[^1] switch
    {
        'g' => long.Parse(size[..^1]) << 30,
        'm' => long.Parse(size[..^1]) << 20,
        _ => throw new FormatException(size),
    };

    [GeneratedRegex(@"ProcessTerminationTimeout = TimeSpan\.FromMinutes\((?<minutes>\d+)\)")]
    private static partial Regex ProcessPatience();

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)")]
    private static partial Regex TopologyVariable();

    [GeneratedRegex(@"\$\$(?<name>[A-Z_]+)")]
    private static partial Regex ShellVariable();

    [GeneratedRegex(@"\bscoring (?<call>[a-z].*)")]
    private static partial Regex ShellCall();

    [GeneratedRegex("password|passwd|secret|token|credential|api_?key|private_?key", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
