using StreamScoring.Batches;
using StreamScoring.State;
using StreamScoring.Tests.Features;

namespace StreamScoring.Tests.State;

public sealed class SharedDigestTests
{
    private const string Yaml = "version: 1\nfeatures:\n  - {name: n, entity: card_id, aggregate: count, window: 1h}\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FeatureHarness _harness = new(Yaml);
    private readonly PipelineProgress _progress = new();
    private readonly SharedDigest _digest;

    public SharedDigestTests()
    {
        _harness.Fold(RandomEvents.Some(1, 500, lateness: 0, keys: 200));
        _digest = new SharedDigest(_harness.State, _progress);
    }

    [Fact]
    public async Task Those_who_ask_at_the_same_time_share_one_copy()
    {
        var asked = Enumerable.Range(0, 500).Select(_ => _digest.GetAsync(CancellationToken.None)).ToList();
        var steps = StepsUntilNothingIsLeft();
        Assert.All(await Task.WhenAll(asked).WaitAsync(Patience), answer => Assert.Equal(CollectedState.DigestOf(_harness.State), answer.Digest));

        var alone = _digest.GetAsync(CancellationToken.None);
        Assert.Equal(steps, StepsUntilNothingIsLeft());
        await alone.WaitAsync(Patience);
    }

    [Fact]
    public async Task Five_hundred_that_give_up_leave_no_work_and_a_snapshot_is_not_kept_waiting()
    {
        using var gone = new CancellationTokenSource();
        var asked = Enumerable.Range(0, 500).Select(_ => _digest.GetAsync(gone.Token)).ToList();
        _harness.State.Advance(1);
        await gone.CancelAsync();
        foreach (var answer in asked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Patience));
        }

        Assert.InRange(StepsUntilNothingIsLeft(), 0, 2);
    }

    [Fact]
    public async Task One_that_gives_up_takes_nothing_from_the_others()
    {
        using var gone = new CancellationTokenSource();
        var (first, second) = (_digest.GetAsync(gone.Token), _digest.GetAsync(CancellationToken.None));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience));
        StepsUntilNothingIsLeft();
        Assert.Equal(CollectedState.DigestOf(_harness.State), (await second.WaitAsync(Patience)).Digest);
    }

    [Fact]
    public async Task A_snapshot_goes_first_and_the_digest_is_made_again_behind_it()
    {
        var digest = _digest.GetAsync(CancellationToken.None);
        _harness.State.Advance(1);
        _harness.State.Advance(1);
        var snapshot = new CollectedState();
        _harness.State.Request(snapshot, goesFirst: true);
        while (!snapshot.IsComplete)
        {
            Assert.False(digest.IsCompleted);
            _harness.State.Advance(1000);
        }

        while (!digest.IsCompleted)
        {
            StepsUntilNothingIsLeft();
            await Task.Yield();
        }

        Assert.Equal(snapshot.Digest(_harness.Engine), (await digest).Digest);
    }

    [Fact]
    public async Task While_nothing_is_taken_an_answer_holds_and_no_copy_is_made()
    {
        _progress.FoundNothing(allAtEnd: true);
        var first = _digest.GetAsync(CancellationToken.None);
        StepsUntilNothingIsLeft();
        await first.WaitAsync(Patience);
        Assert.True(_digest.GetAsync(CancellationToken.None).IsCompletedSuccessfully);

        _progress.Took(TestBatch.Decode("{}"u8.ToArray()));
        var later = _digest.GetAsync(CancellationToken.None);
        Assert.False(later.IsCompleted);
        StepsUntilNothingIsLeft();
        await later.WaitAsync(Patience);
    }

    private int StepsUntilNothingIsLeft()
    {
        var steps = 0;
        while (_harness.State.Advance(1000))
        {
            steps++;
        }

        return steps;
    }
}
