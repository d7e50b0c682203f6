using System.Collections.Concurrent;
using StreamScoring.Drift;
using StreamScoring.Signals;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Drift;

public sealed class DriftWatchTests : IDisposable
{
    private readonly DriftWorld _world = new();
    private readonly Random _random = new(3);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Payments_like_those_of_training_show_no_drift()
    {
        _world.Decide(250, AsInTraining);
        Assert.Equal(4000, _world["rows"]);
        foreach (var input in new[] { "tx_amount", "basket" })
        {
            Assert.InRange(_world["psi", input]!.Value, 1e-6, _world["psi_critical", input]!.Value);
            Assert.Equal(0, _world["out_of_range_ratio", input]);
            Assert.Equal(0.125, _world["missing_ratio_expected", input]);
        }

        // 27.9 / 4000, and of the basket, which an eighth do not have, 27.9 / 3500.
        Assert.InRange(_world["psi_critical", "tx_amount"]!.Value, 0.0069, 0.0071);
        Assert.InRange(_world["psi_critical", "basket"]!.Value, 0.0078, 0.0082);
        Assert.Equal(0, _world["missing_ratio", "tx_amount"]);
        Assert.InRange(_world["missing_ratio", "basket"]!.Value, 0.09, 0.16);
        Assert.InRange(_world["score_psi"]!.Value, 1e-6, _world["score_psi_critical"]!.Value);
        Assert.InRange(_world["weighted_psi"]!.Value, 1e-6, 0.007);
    }

    [Fact]
    public void An_input_that_shifted_shows_and_one_that_did_not_does_not()
    {
        _world.Decide(250, i => AsInTraining(i) with { Basket = 30 + (_random.NextDouble() * 70) });
        Assert.InRange(_world["psi", "tx_amount"]!.Value, 1e-6, _world["psi_critical", "tx_amount"]!.Value);
        // A third less than training's share of bins: 7 of 1/7 and 3 that are empty.
        var (empty, full) = (0.5 / 4000, 1 / 7.0);
        Assert.Equal((3 * (empty - 0.1) * Math.Log(empty / 0.1)) + (7 * (full - 0.1) * Math.Log(full / 0.1)), _world["psi", "basket"]!.Value, 0.02);
        Assert.Equal(0, _world["out_of_range_ratio", "basket"]);
        // A quarter of the weight is the basket's.
        Assert.Equal(((3 * _world["psi", "tx_amount"]) + _world["psi", "basket"])!.Value / 4, _world["weighted_psi"]!.Value, 1e-9);
    }

    [Fact]
    public void A_value_that_is_gone_shows_within_two_slices_and_not_as_another_distribution()
    {
        _world.Decide(250, AsInTraining);
        // A slice is ten seconds.
        _world.Decide(40, i => AsInTraining(i) with { Basket = null });
        Assert.Equal(1, _world["missing_ratio", "basket"]);
        Assert.Equal(0, _world["missing_ratio", "tx_amount"]);
        Assert.InRange(_world["psi", "basket"]!.Value, 1e-6, _world["psi_critical", "basket"]!.Value);
    }

    [Fact]
    public void Values_beyond_those_of_training_are_a_share()
    {
        _world.Decide(100, i => (i % 4 == 0 ? 250 : 50, i % 8 == 0 ? -1 : 100));
        Assert.Equal(0.25, _world["out_of_range_ratio", "tx_amount"]);
        Assert.Equal(0.125, _world["out_of_range_ratio", "basket"]);
    }

    [Fact]
    public void What_is_not_on_the_card_has_no_series_and_no_weights_count_alike()
    {
        _world.Swap(DriftWorld.Watched(basket: new ReferenceHistogram("basket", [50], [0.5, 0.5])));
        _world.Decide(100, i => AsInTraining(i) with { Basket = 1 });
        Assert.Equal((null, null, 0), (_world["out_of_range_ratio", "basket"], _world["missing_ratio_expected", "basket"], _world["missing_ratio", "basket"]));
        Assert.Equal((_world["psi", "tx_amount"] + _world["psi", "basket"])!.Value / 2, _world["weighted_psi"]!.Value, 1e-9);
    }

    [Fact]
    public void What_is_older_than_the_window_is_gone()
    {
        _world.Decide(250, i => (99, 99));
        Assert.InRange(_world["psi", "basket"]!.Value, 1, 10);
        Assert.InRange(_world["window_filled"]!.Value, 0.1, 0.15);
        _world.Clock.Advance(_world.Watch.Window - TimeSpan.FromSeconds(130));
        _world.Watch.Count();
        Assert.Equal(4000, _world["rows"]);
        Assert.Null(_world["missing_ratio", "basket"]);
        _world.Clock.Advance(TimeSpan.FromSeconds(130));
        _world.Watch.Count();
        Assert.Equal((0, null, null, 1), (_world["rows"], _world["psi", "basket"], _world["weighted_psi"], _world["window_filled"]));
        _world.Decide(250, AsInTraining);
        Assert.InRange(_world["psi", "basket"]!.Value, 1e-6, _world["psi_critical", "basket"]!.Value);
    }

    [Fact]
    public void A_model_that_decides_no_more_takes_its_series_with_it_and_one_that_stays_keeps_its_window()
    {
        _world.Decide(50, AsInTraining);
        _world.Swap(DriftWorld.Watched());
        _world.Decide(50, AsInTraining);
        Assert.Equal(1600, _world["rows"]);
        _world.Swap(DriftWorld.Watched("other@000000000000"));
        _world.Decide(1, AsInTraining);
        Assert.Equal((null, null, null, null, null), (_world["rows"], _world["window_filled"], _world["score_psi"], _world["weighted_psi"], _world["psi", "basket"]));
        Assert.Equal((null, null), (_world["missing_ratio", "basket"], _world["missing_ratio_expected", "basket"]));
        Assert.Equal(["other@000000000000"], _world.Watch.Models.Select(model => model.Model));
        _world.Swap(DriftWorld.Watched());
        _world.Decide(1, AsInTraining);
        Assert.Equal(16, _world["rows"]);
    }

    [Fact]
    public void A_model_whose_card_says_something_else_begins_anew()
    {
        _world.Decide(50, AsInTraining);
        _world.Swap(DriftWorld.Watched(basket: DriftWorld.Even("basket") with { Missing = 0.5 }));
        _world.Decide(1, AsInTraining);
        Assert.Equal((16, 0.5), (_world["rows"], _world["missing_ratio_expected", "basket"]));
    }

    [Fact]
    public void Nobody_waits_for_the_counting_and_what_finds_no_room_is_counted()
    {
        _world.Decide(200, AsInTraining, counts: false);
        Assert.Equal(3200, _world.Decided);
        Assert.Equal(3200 - 1024, _world.Dropped);
        _world.Watch.Count();
        Assert.Equal(1024, _world["rows"]);
        _world.Decide(50, AsInTraining);
        Assert.Equal((1824, 3200 - 1024), (_world["rows"], _world.Dropped));
    }

    [Fact]
    public void The_thread_that_decides_allocates_nothing_whether_there_is_room_or_not()
    {
        var batch = _world.Run(AsInTraining);
        _world.ReadNoMore();
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(300));
                batch.Clock.Decided = _world.Clock.GetTimestamp();
                _world.Tap.Decided(batch);
            }
        }));
        _world.Watch.Count();
        Assert.Equal(1024, _world.Watch.Models[0].Rows);
    }

    [Fact]
    public void A_thread_of_its_own_counts_until_it_is_over()
    {
        _world.Decide(10, AsInTraining, counts: false);
        _world.Watch.Start();
        Assert.True(SpinWait.SpinUntil(() => _world.Watch.Models.Count == 1, TimeSpan.FromMinutes(1)));
        Assert.Equal(160, _world.Watch.Models[0].Rows);
    }

    [Fact]
    public void A_bug_of_the_counting_ends_the_counting_and_is_said_and_nothing_else()
    {
        var (clock, said) = (new BrokenClock(), new ConcurrentQueue<string>());
        using var meter = new EngineMeter();
        using var watch = new DriftWatch(meter, TimeSpan.FromMinutes(1), clock, new TextLogger(said.Enqueue));
        watch.Use(watch.Open([DriftWorld.Watched()]));
        clock.IsBroken = true;
        watch.Start();
        Assert.True(SpinWait.SpinUntil(() => !said.IsEmpty, TimeSpan.FromMinutes(1)));
        Assert.StartsWith("drift is watched no more until this process starts anew, and payments are decided as before: System.InvalidOperationException: broken", Assert.Single(said), StringComparison.Ordinal);
    }

    private (double Amount, double? Basket) AsInTraining(int i) => (_random.Next(100) + 0.5, _random.Next(8) == 0 ? null : _random.NextDouble() * 100);

    /// <summary>A clock that fails from some moment on, which stands for a bug.</summary>
    private sealed class BrokenClock : TimeProvider
    {
        public volatile bool IsBroken;

        public override long GetTimestamp() => IsBroken ? throw new InvalidOperationException("broken") : 0;
    }
}
