using System.Text.Json;
using CsCheck;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Capacity;
using StreamScoring.Features;
using StreamScoring.Tests.Deployment;

namespace StreamScoring.Tests.Capacity;

public sealed class CapacityModelTests
{
    /// <summary>Round numbers, so that what follows from them can be told by heart.</summary>
    private static readonly CapacityConstants Constants = new()
    {
        Measured = new MeasuredOn("nobody", "never", "", "a cpu", 1, 1, "", "", "", "none"),
        TakeNs = 100,
        DecodeNs = 100,
        DecodeByteNs = 0,
        FoldNs = 100,
        FoldEntityNs = 100,
        ReadEntityNs = 0,
        ReadFeatureNs = 100,
        ExpressionNs = 0,
        ScoreNs = 1000,
        DecideNs = 0,
        EncodeByteNs = 0,
        SendNs = 1000,
        SweepKeyNs = 100,
        SweepByteNs = 0.1,
        SnapshotKeyNs = 100,
        SnapshotByteNs = 1,
        RestoreKeyNs = 100,
        RestoreByteNs = 1,
        PaymentBytes = 170,
        SmallPaymentBytes = 50,
        LabelBytes = 70,
        DecisionBytes = 300,
        ProcessBytes = 3e8,
    };

    [Fact]
    public void The_cpu_of_a_payment_is_the_sum_of_its_parts()
    {
        var process = Plan("handbook", Load(1000)).OfTopology.Process;
        // Two entities; twelve windowed features.
        Assert.Equal(0.5, process.CpuMicrosecondsFollowed, 1e-9);
        Assert.Equal(0.5 + 1.2 + 1 + 1, process.CpuMicrosecondsDecided, 1e-9);
        Assert.Equal(1000 * 200 * 1.0, process.NetworkInBytesPerSecond - (10 * 100), 1e-6);
    }

    [Fact]
    public void With_follow_region_each_process_has_the_state_of_the_region_however_many_there_are_and_with_none_its_share()
    {
        var (topology, file) = Handbook();
        var model = new ProcessModel(topology, file, Load(10_000, ("customer_id", 1e7), ("terminal_id", 1e6)), Constants);
        var (region, none) = (new FollowVariant(WholeRegion: true, OtherRegions: false), new FollowVariant(WholeRegion: false, OtherRegions: false));
        Assert.Equal(model.At(region, 1).StateBytes, model.At(region, 64).StateBytes);
        Assert.Equal(model.At(region, 1).StateBytes, model.At(none, 1).StateBytes, model.At(none, 1).StateBytes * 1e-9);
        Assert.InRange(model.At(none, 64).StateBytes / model.At(none, 1).StateBytes, 1.0 / 64, 4.0 / 64);
        // A customer is in one process. A terminal is in all: with some 38,000 payments in sight
        // hardly one process has none of them.
        Assert.Equal(1e7 / 64, model.At(none, 64).Keys["customer_id"], 1e7 / 64 * 0.01);
        Assert.InRange(model.At(none, 64).Keys["terminal_id"], 0.95e6, 1.2e6);
    }

    [Fact]
    public void The_state_of_a_billion_cards_fits_into_no_process_and_into_some_hundreds()
    {
        var plan = Plan("handbook", Load(10_000, ("customer_id", 1e9), ("terminal_id", 1e7)));
        Assert.False(plan.OfTopology.Fits);
        Assert.Contains("keys of one table", plan.Advice[0], StringComparison.Ordinal);
        Assert.Contains("memory", plan.Advice[0], StringComparison.Ordinal);
        var none = plan.Variants.Single(variant => !variant.Variant.WholeRegion);
        Assert.True(none.Fits);
        Assert.Contains(plan.Advice, advice => advice.StartsWith("follow: none, ", StringComparison.Ordinal));
        Assert.Contains(plan.Advice, advice => advice.Contains("features of terminal_id see the payments of a process's own partitions alone", StringComparison.Ordinal));
        // 60 TB would be a typing error in the model, 6 GB too: 10,000 payments a second for 37 and
        // 44 days, of 16 and 56 bytes at the least.
        var least = 10_000.0 * 86_400 * ((37 * 16) + (44 * 56));
        Assert.InRange(none.Processes * none.Process.StateBytes, least, 4 * least);
    }

    [Fact]
    public void The_smallest_number_of_processes_that_fits_is_found_and_more_payments_never_take_fewer() =>
        Gen.Select(Gen.Double[0, 6], Gen.Double[3, 9], Gen.Double[3, 7], Gen.Bool).Sample((rate, customers, terminals, whole) =>
        {
            var (topology, file) = Handbook();
            var load = Load(Math.Pow(10, rate), ("customer_id", Math.Pow(10, customers)), ("terminal_id", Math.Pow(10, terminals)));
            var variant = new FollowVariant(whole, OtherRegions: false);
            var found = Variant(topology, file, load, variant);
            var model = new ProcessModel(topology, file, load, Constants);
            var isSmallest = found.Processes == 0 || (model.At(variant, found.Processes).Fits && (found.Processes == 1 || !model.At(variant, found.Processes - 1).Fits));
            var more = Variant(topology, file, load with { PaymentsPerSecond = load.PaymentsPerSecond * 2 }, variant);
            return isSmallest && (more.Processes == 0 || (found.Processes > 0 && more.Processes >= found.Processes));
        }, iter: 60);

    [Fact]
    public void A_process_that_follows_another_region_folds_its_payments_too_and_one_that_takes_it_over_decides_them()
    {
        var load = Load(20_000, ("customer_id", 1e5), ("terminal_id", 1e5)) with { RegionPaymentsPerSecond = new Dictionary<string, double> { ["us"] = 30_000 }, Machine = Roomy };
        var plan = Plan("two-regions", load, "snapshots.interval=0s");
        var followed = plan.OfTopology;
        Assert.True(followed.Variant.OtherRegions);
        Assert.Equal(50_000, followed.Process.FoldedPerSecond);
        Assert.Equal(20_000.0 / followed.Processes, followed.Process.DecidedPerSecond, 1e-6);
        Assert.True(followed.ProcessesTakingOver >= followed.Processes);
        var alone = plan.Variants.Single(variant => variant.Variant == new FollowVariant(WholeRegion: true, OtherRegions: false));
        Assert.Equal(20_000, alone.Process.FoldedPerSecond);
        Assert.Null(alone.ProcessesTakingOver);
    }

    [Fact]
    public void What_the_topology_must_change_is_said_with_its_keys()
    {
        var load = Load(50_000, ("customer_id", 1e5), ("terminal_id", 1e4)) with { Machine = Roomy with { Cores = 0.1 } };
        var advice = string.Join('\n', Plan("handbook", load, "snapshots.interval=0s").Advice);
        Assert.Contains("regions.eu.partitions: ", advice, StringComparison.Ordinal);
        Assert.Contains("idempotency.paymentsMax: 45000000 (now 4000000)", advice, StringComparison.Ordinal);
        Assert.Contains("state.megabytesMax", advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("card_id", "--keys names card_id; the entities of ")]
    [InlineData("", "--rate names asia; the regions of ")]
    public void A_name_that_is_not_there_is_refused(string entity, string message)
    {
        var load = entity.Length > 0
            ? Load(1, (entity, 1))
            : Load(1) with { RegionPaymentsPerSecond = new Dictionary<string, double> { ["asia"] = 1 } };
        Assert.StartsWith(message, Assert.Throws<InvalidInputFileException>(() => Plan("handbook", load)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_in_json_is_one_line_and_has_its_numbers_by_name()
    {
        var json = Plan("handbook", Load(10)).ToJson();
        Assert.DoesNotContain('\n', json);
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(10, root.GetProperty("payments_per_second").GetProperty("eu").GetDouble());
        Assert.Equal(1, root.GetProperty("variants")[0].GetProperty("processes").GetInt32());
    }

    [Fact]
    public void Constants_come_back_as_they_were_written_and_what_is_wrong_with_a_file_is_said()
    {
        Assert.Equal(Constants, CapacityConstants.Parse("c.json", Constants.ToJson()));
        Assert.Contains("c.json: take_ns is -1", Refused(Constants.ToJson().Replace("\"take_ns\": 100", "\"take_ns\": -1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("take_ms", Refused(Constants.ToJson().Replace("\"take_ns\"", "\"take_ms\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.StartsWith("c.json: ", Refused("[]"), StringComparison.Ordinal);
        static string Refused(string json) => Assert.Throws<InvalidInputFileException>(() => CapacityConstants.Parse("c.json", json)).Message;
    }

    /// <summary>Nothing but four cores binds.</summary>
    private static Machine Roomy { get; } = new(4, 1e15, 1e12, 1e12);

    private static CapacityLoad Load(double rate, params (string Entity, double Keys)[] keys) =>
        new() { PaymentsPerSecond = rate, Keys = keys.ToDictionary(entity => entity.Entity, entity => entity.Keys) };

    private static (Topology Topology, FeatureFile File) Handbook(string name = "handbook", params string[] overrides)
    {
        var topology = TopologyFile.Load(DeploymentFile.PathOf($"topology/{name}/topology.yaml"), overrides);
        return (topology, FeatureFiles.Load(topology.FeatureFile));
    }

    private static CapacityPlan Plan(string name, CapacityLoad load, params string[] overrides)
    {
        var (topology, file) = Handbook(name, overrides);
        return CapacityModel.Plan(topology, file, load, Constants);
    }

    private static CapacityVariant Variant(Topology topology, FeatureFile file, CapacityLoad load, FollowVariant variant) =>
        CapacityModel.Plan(topology, file, load, Constants).Variants.Single(found => found.Variant == variant);
}
