using StreamScoring.Scoring;

namespace StreamScoring.Tests.Graph;

/// <summary>How long a model that may decide is left alone, in virtual time.</summary>
public sealed class ModelRestTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Payments_without_a_number_are_theirs_until_they_are_too_many_in_a_row()
    {
        var rest = New();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(Ask(rest, answered: 1, failed: ModelRest.FailedMax - 1));
        }

        Assert.True(Ask(rest, answered: 0, failed: ModelRest.FailedMax));
        Assert.False(rest.MayAsk(out _));
    }

    [Fact]
    public void It_rests_twice_as_long_each_time_and_is_tried_by_one_at_a_time()
    {
        var rest = New();
        Ask(rest, 0, ModelRest.FailedMax);
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            Assert.False(rest.MayAsk(out _));
            _clock.Advance(TimeSpan.FromSeconds(0.001));
            Assert.True(rest.MayAsk(out var isTrial));
            Assert.True(isTrial);
            // Another lane meanwhile.
            Assert.False(rest.MayAsk(out _));
            rest.Told(answered: 0, failed: 1, isHung: false, "other");
        }

        _clock.Advance(ModelRest.Max);
        Assert.True(Ask(rest, answered: 1, failed: 0));
        Assert.True(rest.MayAsk(out var isTrialNow));
        Assert.False(isTrialNow);
    }

    [Fact]
    public void One_that_did_not_come_to_an_end_is_asked_seldom_where_another_stands_in()
    {
        var (with, without) = (New(), New());
        with.MayAsk(out _);
        with.Told(0, 1, isHung: true, "other");
        without.MayAsk(out _);
        without.Told(0, 1, isHung: true, standIn: null);
        _clock.Advance(ModelRest.First);
        Assert.False(with.MayAsk(out _));
        Assert.True(without.MayAsk(out _));
        _clock.Advance(ModelRest.FirstOfHung);
        Assert.True(with.MayAsk(out _));
    }

    [Fact]
    public void Without_a_stand_in_one_that_gives_no_numbers_is_asked_for_each_payment()
    {
        var rest = New();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(Ask(rest, answered: 0, failed: ModelRest.FailedMax, standIn: null));
        }
    }

    [Fact]
    public void A_call_that_was_ended_as_the_process_leaves_says_nothing_of_the_model()
    {
        var rest = New();
        Ask(rest, 0, ModelRest.FailedMax);
        _clock.Advance(ModelRest.First);
        Assert.True(rest.MayAsk(out _));
        rest.NotAsked();
        Assert.True(rest.MayAsk(out _));
    }

    private ModelRest New() => new("model", _clock, failures: null);

    private static bool Ask(ModelRest rest, int answered, int failed, string? standIn = "other")
    {
        if (!rest.MayAsk(out _))
        {
            return false;
        }

        rest.Told(answered, failed, isHung: false, standIn);
        return true;
    }
}
