using StreamScoring.Batches;
using StreamScoring.Decisions;

namespace StreamScoring.Tests.Decisions;

/// <summary>What was decided first, also where that is still being learned.</summary>
public sealed class FirstDecisionsTests
{
    private static readonly FirstDecision Blocked = new(0.97, 3.5, 97, RiskLevel.Highest, DecisionAction.Block);

    private readonly FirstDecisions _firsts = new(paymentsMax: 100);
    private readonly TaskCompletionSource<IReadOnlyDictionary<long, FirstDecision>> _learned = new();

    [Fact]
    public async Task A_payment_that_comes_again_waits_for_what_is_being_learned()
    {
        _firsts.Learn(logIndex: 1, _learned.Task);
        var found = Task.Factory.StartNew(
            () => (IsFound: _firsts.TryFind(sequence: -1, logIndex: 1, offset: 40, out var decision), decision),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _learned.SetResult(new Dictionary<long, FirstDecision> { [40] = Blocked });
        Assert.Equal((true, Blocked), await found);
    }

    [Fact]
    public void Other_logs_wait_for_nothing()
    {
        _firsts.Learn(logIndex: 1, _learned.Task);
        _firsts.Add(sequence: 7, logIndex: 2, offset: 40, Blocked);
        Assert.True(_firsts.TryFind(sequence: 7, logIndex: 2, offset: 40, out var decision));
        Assert.Equal(Blocked, decision);
        Assert.False(_firsts.TryFind(sequence: -1, logIndex: 3, offset: 40, out _));
    }

    [Fact]
    public void What_was_written_counts_more_than_what_was_decided_here_before()
    {
        _firsts.Add(sequence: 7, logIndex: 1, offset: 40, Blocked with { Score = 1 });
        _firsts.Learn(logIndex: 1, Task.FromResult<IReadOnlyDictionary<long, FirstDecision>>(new Dictionary<long, FirstDecision> { [40] = Blocked }));
        Assert.True(_firsts.TryFind(sequence: 7, logIndex: 1, offset: 40, out var decision));
        Assert.Equal(Blocked, decision);
    }

    [Fact]
    public void Of_two_decisions_on_one_payment_the_later_stays()
    {
        _firsts.Add(sequence: 7, logIndex: 1, offset: 40, Blocked with { Score = 1 });
        _firsts.Add(sequence: 7, logIndex: 1, offset: 40, Blocked);
        Assert.True(_firsts.TryFind(sequence: 7, logIndex: 1, offset: 40, out var decision));
        Assert.Equal(Blocked, decision);
    }

    [Fact]
    public void A_payment_without_a_number_is_found_by_its_position_and_the_newest_of_these_are_kept()
    {
        for (var offset = 0; offset <= FirstDecisions.PositionsMax; offset++)
        {
            _firsts.Add(sequence: -1, logIndex: 1, offset, Blocked with { Score = (byte)(offset % 100) });
        }

        Assert.False(_firsts.TryFind(sequence: -1, logIndex: 1, offset: 0, out _));
        Assert.True(_firsts.TryFind(sequence: -1, logIndex: 1, offset: 1, out var decision));
        Assert.Equal(1, decision.Score);
        Assert.False(_firsts.TryFind(sequence: -1, logIndex: 2, offset: 1, out _));
    }

    [Fact]
    public void A_decision_never_takes_the_place_of_one_on_a_later_payment()
    {
        // Far enough apart to share a place, however many places there are.
        const long Apart = 1 << 20;
        _firsts.Add(sequence: Apart + 7, logIndex: 0, offset: 1, Blocked);
        _firsts.Add(sequence: 7, logIndex: 0, offset: 0, Blocked with { Score = 1 });
        Assert.True(_firsts.TryFind(sequence: Apart + 7, logIndex: 0, offset: 0, out var decision));
        Assert.Equal(Blocked, decision);
        Assert.False(_firsts.TryFind(sequence: 7, logIndex: 0, offset: 0, out _));
    }

    [Fact]
    public void What_cannot_be_learned_fails_who_asks_for_it()
    {
        _firsts.Learn(logIndex: 1, _learned.Task);
        _learned.SetException(new IOException("the brokers are away"));
        Assert.Throws<IOException>(() => _firsts.TryFind(sequence: -1, logIndex: 1, offset: 40, out _));
    }

    [Fact]
    public void What_is_learned_later_replaces_what_was_learned_before()
    {
        _firsts.Learn(logIndex: 1, Task.FromResult<IReadOnlyDictionary<long, FirstDecision>>(new Dictionary<long, FirstDecision> { [1] = Blocked }));
        _firsts.Learn(logIndex: 1, Task.FromResult<IReadOnlyDictionary<long, FirstDecision>>(new Dictionary<long, FirstDecision> { [2] = Blocked }));
        Assert.False(_firsts.TryFind(sequence: -1, logIndex: 1, offset: 1, out _));
        Assert.True(_firsts.TryFind(sequence: -1, logIndex: 1, offset: 2, out _));
    }
}
