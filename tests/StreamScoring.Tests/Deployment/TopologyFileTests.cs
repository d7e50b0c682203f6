using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Identity;
using StreamScoring.Quality;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Deployment;

public sealed class TopologyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("topology").FullName;

    private const string Good =
        """
        version: 1
        regions:
          eu:
            brokers: ${NO_SUCH_VARIABLE:-127.0.0.1:19092}
        features: features.yaml
        models:
          champion: model
        """;

    public TopologyFileTests()
    {
        File.WriteAllText(Path.Combine(_folder, "features.yaml"), "version: 1");
        Directory.CreateDirectory(Path.Combine(_folder, "model"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_minimal_file_gets_defaults_and_its_variables()
    {
        var topology = Load(Good);
        Assert.Equal("eu", topology.Region);
        Assert.Equal("127.0.0.1:19092", topology.Home.Brokers);
        Assert.Equal(256, topology.Ingest.BatchRowsMax);
        Assert.Equal("decisions", topology.Home.Decisions);
    }

    [Fact]
    public void Delivery_is_idempotent_unless_it_says_transactional()
    {
        Assert.Equal(Delivery.Idempotent, Load(Good).Delivery);
        var topology = Load(Good + "\ndelivery: transactional\nemit: {transactionTimeout: 3s}");
        Assert.Equal((Delivery.Transactional, TimeSpan.FromSeconds(3)), (topology.Delivery, topology.Emit.TransactionTimeout));
        Assert.Contains("idempotent, transactional", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\ndelivery: twice")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_evaluates_the_champion_is_found_out_at_load_unless_it_is_named()
    {
        Assert.Equal(ScoringEngine.Auto, Load(Good).ScoringEngine);
        Assert.Equal(ScoringEngine.OnnxRuntime, Load(Good + "\nscore: {engine: onnxruntime}").ScoringEngine);
        Assert.Contains("auto, onnxruntime", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\nscore: {engine: trees}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_a_model_is_computed_is_said_by_its_name()
    {
        Assert.Empty(Load(Good).ModelEngines);
        var engines = Load(Good + "\n  engines: {small: {}, large: {device: cuda_or_cpu, threads: 2, rowsMax: 512, lanes: 1}}").ModelEngines;
        Assert.Equal(ModelEngine.Default, engines["small"]);
        Assert.Equal(new ModelEngine(ModelDevice.CudaOrCpu, 2, 512, 1), engines["large"]);
        Assert.Equal("large: {device: cuda_or_cpu, threads: 2, rowsMax: 512, lanes: 1}", TopologyKeys.Named("models.engines").Text(Load(Good, "models.engines.large.device=cuda_or_cpu", "models.engines.large.threads=2", "models.engines.large.rowsMax=512", "models.engines.large.lanes=1")));
        Assert.Contains("cpu, cuda, cuda_or_cpu", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n  engines: {large: {device: gpu}}")).Message, StringComparison.Ordinal);
        Assert.Contains("threads", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n  engines: {large: {threads: 0}}")).Message, StringComparison.Ordinal);
        Assert.Contains("models.engines.large is empty", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n  engines: {large: }")).Message, StringComparison.Ordinal);
        Assert.Contains("lane", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n  engines: {large: {lane: 1}}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shadow_models_are_folders_one_or_many()
    {
        Assert.Empty(Load(Good).ShadowFolders);
        Assert.Equal(TimeSpan.FromMilliseconds(20), Load(Good).ShadowWaitMax);
        Directory.CreateDirectory(Path.Combine(_folder, "next"));
        Assert.Equal(["model", "next"], Load(Good + "\n  shadows: [model, next]").ShadowFolders.Select(path => Path.GetRelativePath(_folder, path)));
        Assert.Equal("next", Path.GetRelativePath(_folder, Assert.Single(Load(Good, "models.shadows=next").ShadowFolders)));
        Assert.Contains(
            "models.shadows names nowhere, and there is no", Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n  shadows: [next, nowhere]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_override_replaces_one_key_and_changes_the_hash()
    {
        var topology = Load(Good, "ingest.batchRowsMax=64", "regions.eu.partitions=7");
        Assert.Equal((64, 7), (topology.Ingest.BatchRowsMax, topology.Home.Partitions));
        Assert.NotEqual(Load(Good).Hash, topology.Hash);
    }

    [Theory]
    [InlineData("ingest: {batchRowsMax: 0}", "t.yaml:8:10: ingest.batchRowsMax is 0; allowed 1..1024")]
    [InlineData("ingest: {batchRowMax: 1}", "unknown key ingest.batchRowMax; did you mean batchRowsMax?")]
    [InlineData("region: mars", "region is mars; the regions of this file are eu")]
    [InlineData("partitionBy: amount", "partitionBy is amount; allowed: card_id")]
    [InlineData("membership: {instance: a/b}", "membership.instance is a/b; allowed are letters, digits, '.', '_' and '-', 200 at most")]
    [InlineData("rules: none.txt", "rules names none.txt, and there is no")]
    [InlineData("decide: {budget: fast}", "decide.budget is fast; expected a length of time")]
    [InlineData("data: ${NO_SUCH_VARIABLE}", "the environment variable NO_SUCH_VARIABLE is not set")]
    [InlineData("emit: {format: xml}", "emit.format is xml; allowed: messagepack, json")]
    [InlineData("data: [", "not valid YAML")]
    public void A_mistake_names_file_line_key_and_what_is_allowed(string line, string message)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n" + line));
        Assert.Contains("t.yaml:", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no broker")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:19092,:1")]
    [InlineData("127.0.0.1:99999")]
    public void Brokers_are_hosts_with_ports(string brokers)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(Good, $"regions.eu.brokers={brokers}"));
        Assert.Contains($"regions.eu.brokers is {brokers}; expected HOST:PORT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Drift_is_watched_over_a_day_or_as_long_as_is_said_or_not_at_all()
    {
        Assert.Equal(TimeSpan.FromDays(1), Load(Good).DriftWindow);
        Assert.Equal(TimeSpan.FromDays(7), Load(Good, "models.driftWindow=7d").DriftWindow);
        Assert.Equal(TimeSpan.Zero, Load(Good, "models.driftWindow=0s").DriftWindow);
        foreach (var (value, problem) in new[] { ("30s", "is 30s; allowed: 1m to 31d, and 0s to watch no model for drift"), ("32d", "is 32d; allowed"), ("often", "is often; expected a length of time") })
        {
            var error = Assert.Throws<InvalidInputFileException>(() => Load(Good, $"models.driftWindow={value}"));
            Assert.Contains($"models.driftWindow {problem}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Quality_is_held_for_so_many_days_in_so_much_memory_or_not_at_all()
    {
        Assert.Equal(new QualityOptions { DaysMax = 45, BytesMax = 64L << 20, IsSilenceGenuine = true }, Load(Good).Quality);
        Assert.Equal(new QualityOptions { DaysMax = 90, BytesMax = 512L << 20, IsSilenceGenuine = false }, Load(Good, "quality.days=90", "quality.megabytesMax=512", "quality.silence=unknown").Quality);
        Assert.Null(Load(Good, "quality.days=0").Quality);
        foreach (var set in new[] { "quality.days=-1", "quality.megabytesMax=0", "quality.silence=perhaps", "quality.depth=1" })
        {
            Assert.Contains(set.Split('=')[0], Assert.Throws<InvalidInputFileException>(() => Load(Good, set)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_file_serves_every_region_and_follows_the_others()
    {
        const string two = Good + "\nfollowRegions:\n  eu: {labels: none}\n  us: {payments: mirror}";
        const string us = "regions.us.brokers=127.0.0.1:29092";
        Assert.Equal([new FollowKnobs("us", FollowMode.Mirror, FollowMode.Direct, "us.")], Load(two, us, "region=eu").Follows);
        Assert.Equal([new FollowKnobs("eu", FollowMode.Direct, FollowMode.None, "eu.")], Load(two, us, "region=us").Follows);
        Assert.Empty(Load(Good).Follows);
    }

    [Theory]
    [InlineData("followRegions: {mars: {}}", "followRegions.mars is no region of this file; these are eu, us")]
    [InlineData("followRegions: {us: {payments: none, labels: none}}", "followRegions.us is followed for nothing")]
    [InlineData("followRegions: {us: {payment: direct}}", "unknown key followRegions.us.payment; did you mean payments?")]
    [InlineData("followRegions: {us: {payments: mirrored}}", "followRegions.us.payments is mirrored; allowed: none, direct, mirror")]
    [InlineData("followRegions: {us: {payments: mirror, mirrorPrefix: dead-}}", "it is region eu's own topic dead-payments already: its events would be folded twice")]
    public void No_topic_is_followed_by_mistake_or_twice(string line, string message)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n" + line, "regions.us.brokers=127.0.0.1:29092", "regions.eu.topics.deadLetters=dead-payments"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_comes_from_the_environment_or_a_file_and_never_stands_in_the_topology()
    {
        const string security = "\n  us: {brokers: \"h:1\", security: {sasl.username: me, KEY: 'VALUE'}}\nfeatures:";
        File.WriteAllText(Path.Combine(_folder, "secret"), "from a file\n");
        Environment.SetEnvironmentVariable("SCORING_TEST_SECRET", "from the environment");
        Assert.Equal("from the environment", Of("sasl.password", "${SCORING_TEST_SECRET}")["sasl.password"]);
        Assert.Equal("from a file", Of("sasl.password.file", "secret")["sasl.password"]);
        foreach (var literal in new[] { "hunter2", "${SCORING_TEST_SECRET:-hunter2}", "x${SCORING_TEST_SECRET}hunter2" })
        {
            var error = Assert.Throws<InvalidInputFileException>(() => Of("sasl.password", literal));
            Assert.Contains("t.yaml:5:", error.Message, StringComparison.Ordinal);
            Assert.Contains("regions.us.security.sasl.password is a secret and must not stand in the file", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("names a file that cannot be read", Assert.Throws<InvalidInputFileException>(() => Of("ssl.key.pem.file", "nowhere")).Message, StringComparison.Ordinal);

        IReadOnlyDictionary<string, string> Of(string key, string value) => Load(Good.Replace(
            "\nfeatures:", security.Replace("KEY", key, StringComparison.Ordinal).Replace("VALUE", value, StringComparison.Ordinal), StringComparison.Ordinal)).Regions[1].Security;
    }

    [Theory]
    [InlineData("plugin.library.paths", "/tmp/x.so", "loads libraries into this process")]
    [InlineData("ssl.engine.location", "/tmp/x.so", "loads a library into this process")]
    [InlineData("ssl.engine.id", "dynamic", "loads a library into this process")]
    [InlineData("ssl.providers", "legacy,x", "loads libraries into this process")]
    [InlineData("sasl.kerberos.kinit.cmd", "touch /tmp/x", "runs a command as this process")]
    [InlineData("sasl.kerberos.principal", "me; touch /tmp/x", "becomes a part of a command that a shell runs")]
    [InlineData("sasl.kerberos.keytab", "/etc/$(touch x)", "becomes a part of a command that a shell runs")]
    [InlineData("interceptors", "x", "is no setting of TLS or SASL that is taken here")]
    [InlineData("oauthbearer_token_refresh_cb", "1", "is no setting of TLS or SASL that is taken here")]
    [InlineData("debug", "all", "is no setting of TLS or SASL that is taken here")]
    [InlineData("bootstrap.servers", "elsewhere:9092", "is no setting of TLS or SASL that is taken here")]
    [InlineData("sasl.usernam", "me", "Did you mean sasl.username?")]
    public void Security_takes_settings_of_TLS_and_SASL_alone_and_none_that_loads_or_runs_code(string key, string value, string message)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => WithSecurity(key, value));
        Assert.Contains("t.yaml:5:", error.Message, StringComparison.Ordinal);
        Assert.Contains($"regions.us.security.{key} ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("security.protocol", "sasl_ssl")]
    [InlineData("ssl.endpoint.identification.algorithm", "https")]
    [InlineData("sasl.kerberos.principal", "scoring/host-1.example.com@EXAMPLE.COM")]
    [InlineData("sasl.oauthbearer.token.endpoint.url", "https://example.com/token")]
    public void Security_takes_what_proves_who_is_who(string key, string value) => Assert.Equal(value, WithSecurity(key, value).Regions[1].Security[key]);

    [Theory]
    [InlineData(null, "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::1", "::1")]
    public void Metrics_and_state_are_for_this_machine_unless_the_topology_says_otherwise(string? address, string expected) =>
        Assert.Equal(expected, Load(Good, address is null ? [] : [$"http.address={address}"]).HttpAddress.ToString());

    [Fact]
    public void An_address_that_is_none_is_refused_by_name() =>
        Assert.Contains("http.address is everywhere; expected the IP address of an interface", Assert.Throws<InvalidInputFileException>(() => Load(Good, "http.address=everywhere")).Message, StringComparison.Ordinal);

    private Topology WithSecurity(string key, string value) =>
        Load(Good.Replace("\nfeatures:", $"\n  us: {{brokers: \"h:1\", security: {{{key}: '{value}'}}}}\nfeatures:", StringComparison.Ordinal));

    [Fact]
    public void The_secret_of_ids_comes_from_the_environment_or_a_file_and_is_never_said()
    {
        const string secret = "hunter2-hunter2-hunter2";
        File.WriteAllText(Path.Combine(_folder, "secret"), secret + "\n");
        File.WriteAllText(Path.Combine(_folder, "short"), "hunter2");
        Environment.SetEnvironmentVariable("SCORING_TEST_IDENTITY", secret);
        Assert.Same(IdentityHash.Development, Load(Good).Identity);
        var expected = IdentityHash.FromSecret(secret).Fingerprint;
        Assert.Equal(expected, Of("{secret: '${SCORING_TEST_IDENTITY}'}").Identity.Fingerprint);
        Assert.Equal(expected, Of("{secretFile: secret}").Identity.Fingerprint);
        Refuses("{secret: hunter2-hunter2-hunter2}", "identity.secret is a secret and must not stand in the file");
        Refuses("{secret: '${SCORING_TEST_IDENTITY:-hunter2-hunter2-hunter2}'}", "identity.secret is a secret and must not stand in the file");
        Refuses("{secretFile: short}", "identity.secretFile gives a secret of 7 bytes; allowed are 16..4096");
        Refuses("{secretFile: nowhere}", "identity.secretFile names a file that cannot be read");
        Refuses("{secret: '${SCORING_TEST_IDENTITY}', secretFile: secret}", "identity.secretFile stands beside secret");

        Topology Of(string identity) => Load($"{Good}\nidentity: {identity}\n");

        void Refuses(string identity, string problem)
        {
            var error = Assert.Throws<InvalidInputFileException>(() => Of(identity));
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        }
    }

    private Topology Load(string text, params string[] overrides)
    {
        var path = Path.Combine(_folder, "t.yaml");
        File.WriteAllText(path, text);
        return TopologyFile.Load(path, overrides);
    }
}
