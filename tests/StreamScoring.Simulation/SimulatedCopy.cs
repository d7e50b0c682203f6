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

    public long WatermarkMs { get; private init; } = long.MinValue;

    /// <summary>
    /// The digest of what a watermark leaves in sight; that of the state itself where it is further
    /// on.
    /// </summary>
    public static UInt128 DigestOf(FoldedState state, long watermarkMs = long.MinValue)
    {
        var copy = Of(state, watermarkMs);
        var digestOf = state.Features.NewDigest();
        return copy._chunks.Aggregate(UInt128.Zero, (sum, chunk) => sum + digestOf(chunk));
    }

    public static SimulatedCopy Of(FoldedState state, long watermarkMs = long.MinValue)
    {
        var copy = new SimulatedCopy { WatermarkMs = watermarkMs };
        state.Request(copy);
        while (state.Advance(1 << 20))
        {
        }

        return copy;
    }

    public void Begin(StateHead head) => Head = head;

    public void Take(SweepChunk chunk) => _chunks.Add(chunk);

    public void Complete() => IsComplete = true;
}
