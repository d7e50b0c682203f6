using StreamScoring.Features;
using StreamScoring.State;
using StreamScoring.Tests.Features;

namespace StreamScoring.Tests.State;

/// <summary>Keeps a copy of a state in memory.</summary>
internal sealed class CollectedState : IStateReceiver
{
    private readonly List<SweepChunk> _chunks = [];

    public bool IsBehind => false;

    public bool IsAbandoned => false;

    public bool IsComplete { get; private set; }

    public StateHead? Head { get; private set; }

    public IReadOnlyList<SweepChunk> Chunks => _chunks;

    /// <summary>The whole state at once.</summary>
    public static CollectedState Of(FoldedState state)
    {
        var collected = new CollectedState();
        state.Request(collected);
        while (state.Advance(1 << 20))
        {
        }

        Assert.True(collected.IsComplete);
        return collected;
    }

    /// <summary>
    /// Asked for between what was folded and what is folded now, and made bit by bit meanwhile.
    /// </summary>
    public static CollectedState WhileFolding(FeatureHarness harness, List<object> events, Random random)
    {
        var collected = new CollectedState();
        harness.State.Request(collected);
        // All payments of the index in one step: then it begins.
        harness.State.Advance(1 << 16);
        Assert.NotNull(collected.Head);
        harness.Fold(events, betweenBatches: () => harness.State.Advance(random.Next(3000)));
        while (harness.State.Advance(1000))
        {
        }

        Assert.True(collected.IsComplete);
        return collected;
    }

    public static UInt128 DigestOf(FoldedState state) => Of(state).Digest(state.Features);

    public UInt128 Digest(FeatureEngine features)
    {
        var digestOf = features.NewDigest();
        return _chunks.Aggregate(UInt128.Zero, (sum, chunk) => sum + digestOf(chunk));
    }

    /// <summary>Keys of one entity in the copy.</summary>
    public int KeysOf(FeatureEngine features, int entity)
    {
        var restored = new FeatureEngine(features.File);
        foreach (var chunk in _chunks)
        {
            restored.Restore(chunk);
        }

        return restored.Sizes.ElementAt(entity).Keys;
    }

    /// <summary>The copy as a snapshot file.</summary>
    /// <param name="keyCounts">What it says of the number of keys; null: the truth.</param>
    public byte[] ToFile(FeatureEngine features, IReadOnlyList<long>? keyCounts = null)
    {
        using var stream = new MemoryStream();
        var writer = new SnapshotWriter(
            stream, Head! with { KeyCounts = keyCounts ?? Head!.KeyCounts }, new SnapshotLabel("", new Dictionary<string, string>(), "sha256:config", DateTimeOffset.UnixEpoch), features.NewDigest());
        foreach (var chunk in _chunks)
        {
            writer.Write(chunk);
        }

        Assert.Equal(Digest(features), writer.Complete());
        Assert.Equal(stream.Length, writer.Length);
        return stream.ToArray();
    }

    public static void Restore(FoldedState state, byte[] file)
    {
        var (head, _) = new SnapshotReader(new MemoryStream(file), "test").ReadAll(state.Features.Restore);
        Assert.Empty(state.Restore(head));
    }

    public void Begin(StateHead head) => Head = head;

    public void Take(SweepChunk chunk) => _chunks.Add(chunk);

    public void Complete() => IsComplete = true;
}
