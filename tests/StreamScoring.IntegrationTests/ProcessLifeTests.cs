using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

public sealed class ProcessLifeTests
{
    private readonly ProcessLife _life = new(TimeProvider.System);

    [Fact]
    public void Only_states_follow_each_other_that_can()
    {
        foreach (var state in Enum.GetValues<LifeState>().Except([LifeState.Restoring, LifeState.Failed, LifeState.Ended]))
        {
            Assert.Throws<InvariantBrokenException>(() => _life.Enter(state));
        }

        Enter(LifeState.Restoring, LifeState.Joining, LifeState.Deciding, LifeState.Draining, LifeState.Restoring, LifeState.Joining, LifeState.StartingOver, LifeState.StartingOver, LifeState.Failed);
        foreach (var state in Enum.GetValues<LifeState>())
        {
            Assert.Throws<InvariantBrokenException>(() => _life.Enter(state));
        }
    }

    [Fact]
    public void The_newest_steps_are_kept_with_their_reasons()
    {
        Enter(LifeState.Restoring);
        for (var i = 0; i < 2 * ProcessLife.StepsMax; i++)
        {
            _life.Enter(LifeState.StartingOver, $"{i}");
        }

        Assert.Equal(Enumerable.Range(ProcessLife.StepsMax, ProcessLife.StepsMax).Select(i => $"{i}"), _life.Steps.Select(step => step.Why));
        Assert.Equal(_life.Steps[^1], _life.Now);
    }

    [Fact]
    public void Health_says_the_state_and_its_reason_until_the_process_decides()
    {
        var health = new PipelineHealth(_life);
        Assert.Equal("starting", health.NotReady);
        Enter(LifeState.Restoring, LifeState.Joining);
        Assert.Equal("joining", health.NotReady);
        Enter(LifeState.Deciding);
        Assert.Null(health.NotReady);
        _life.Enter(LifeState.StartingOver, "the brokers are away");
        Assert.Equal(("starting over: the brokers are away", null), (health.NotReady, health.Failed));
        _life.Enter(LifeState.Failed, "too often");
        Assert.Equal(("too often", "too often"), (health.NotReady, health.Failed));
    }

    private void Enter(params LifeState[] states) => Array.ForEach(states, state => _life.Enter(state));
}
