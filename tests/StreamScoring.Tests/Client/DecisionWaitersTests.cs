using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Client;

public sealed class DecisionWaitersTests
{
    private readonly DecisionWaiters _waiters = new();

    [Fact]
    public async Task A_call_gets_the_decision_of_its_own_position_and_not_that_of_an_earlier_try()
    {
        var waiter = _waiters.Add("p");
        _waiters.Published(waiter, At(7));
        _waiters.Offer(Decision("p", 3));
        Assert.False(waiter.Answer.Task.IsCompleted);
        Assert.Equal(At(3), waiter.Other!.Source);
        _waiters.Offer(Decision("p", 7, ReadDecision.DuplicateFlag));
        var answer = await waiter.Answer.Task;
        Assert.Equal(At(7), answer.Source);
        Assert.True(answer.IsDuplicate);
    }

    [Fact]
    public async Task A_decision_that_comes_before_the_acknowledgement_is_kept()
    {
        var waiter = _waiters.Add("p");
        _waiters.Offer(Decision("p", 3));
        _waiters.Offer(Decision("p", 7));
        Assert.False(waiter.Answer.Task.IsCompleted);
        _waiters.Published(waiter, At(7));
        Assert.Equal(At(7), (await waiter.Answer.Task).Source);
        Assert.Equal(At(3), waiter.Other!.Source);
    }

    [Fact]
    public async Task Two_calls_with_one_payment_id_each_get_their_own()
    {
        var (first, second) = (_waiters.Add("p"), _waiters.Add("p"));
        _waiters.Published(second, At(8));
        _waiters.Offer(Decision("p", 7));
        _waiters.Offer(Decision("p", 8, ReadDecision.DuplicateFlag));
        _waiters.Published(first, At(7));
        Assert.False((await first.Answer.Task).IsDuplicate);
        Assert.True((await second.Answer.Task).IsDuplicate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_ends_the_call_whether_it_comes_before_the_acknowledgement_or_behind_it(bool isEarly)
    {
        var waiter = _waiters.Add("p");
        if (isEarly)
        {
            _waiters.Refused(At(7), "unknown_currency");
        }

        _waiters.Published(waiter, At(7));
        if (!isEarly)
        {
            _waiters.Refused(At(7), "unknown_currency");
        }

        var refused = await Assert.ThrowsAsync<PaymentRefusedException>(() => waiter.Answer.Task);
        Assert.Equal("unknown_currency", refused.Reason);
        Assert.Equal(At(7), refused.Position);
    }

    [Fact]
    public void What_is_kept_for_calls_is_bounded_and_goes_with_them()
    {
        var waiter = _waiters.Add("p");
        for (var offset = 0; offset < 10_000; offset++)
        {
            _waiters.Offer(Decision("p", offset));
            _waiters.Refused(At(offset), "empty");
            _waiters.Offer(Decision("somebody else's", offset));
        }

        Assert.Equal(DecisionWaiters.EarlyMax, waiter.Early.Count);
        Assert.Equal(9_999, waiter.Early[^1].Source.Offset);
        Assert.True(_waiters.IsAwaited("p"u8.ToArray()));
        _waiters.Remove(waiter);
        Assert.Equal(0, _waiters.Count);
        Assert.False(_waiters.IsAwaited("p"u8.ToArray()));
    }

    [Fact]
    public async Task Where_decisions_can_no_longer_be_read_every_call_fails_and_every_later_one()
    {
        var before = _waiters.Add("p");
        _waiters.Fail(new ReadFailedException("gone"));
        var after = _waiters.Add("q");
        await Assert.ThrowsAsync<ReadFailedException>(() => before.Answer.Task);
        await Assert.ThrowsAsync<ReadFailedException>(() => after.Answer.Task);
    }

    private static DecisionSource At(long offset) => new("eu", "payments", 0, offset);

    private static ReadDecision Decision(string paymentId, long offset, params string[] flags) =>
        new(At(offset), SampleDecisions.Of(At(offset), paymentId, "allow", flags), default, 0, offset);
}
