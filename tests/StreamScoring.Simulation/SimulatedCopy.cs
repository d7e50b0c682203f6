using StreamScoring.Features;
using StreamScoring.State;

namespace StreamScoring.Simulation;

/// <summary>A copy of the state on its way to a snapshot.</summary>
internal sealed class SimulatedCopy : IStateReceiver
{
    private readonly List<SweepChunk> _chunks = [];

    public bool IsBehind => false;

    public bool IsAbandoned => false;

    public bool IsComplete { get; private set; }

    public StateHead? Head { get; private set; }

    public IReadOnlyList<SweepChunk> Chunks => _chunks;

    public static UInt128 DigestOf(FoldedState state)
    {
        var copy = new SimulatedCopy();
        state.Request(copy);
        while (state.Advance(1 << 20))
        {
        }

        var digestOf = state.Features.NewDigest();
        return copy._chunks.Aggregate(UInt128.Zero, (sum, chunk) => sum + digestOf(chunk));
    }

    public void Begin(StateHead head) => Head = head;

    public void Take(SweepChunk chunk) => _chunks.Add(chunk);

    public void Complete() => IsComplete = true;
}
