using StreamScoring.Features;

namespace StreamScoring.State;

/// <summary>
/// Takes a copy of the state. Called on the thread that writes the state, between two batches, so
/// it must not wait.
/// </summary>
public interface IStateReceiver
{
    /// <summary>
    /// True while the receiver has more than it likes: the copying then pauses, but for keys that
    /// are about to change.
    /// </summary>
    bool IsBehind { get; }

    /// <summary>
    /// True once the copy is of no use any more: the copying ends, without <see cref="Complete"/>.
    /// </summary>
    bool IsAbandoned { get; }

    /// <summary>Another copy is asked for that goes first.</summary>
    /// <returns>True where this one is given up for it, and so is abandoned from now on; else the
    /// other waits.</returns>
    bool TryGiveWay() => false;

    /// <summary>The moment of the copy.</summary>
    void Begin(StateHead head);

    void Take(SweepChunk chunk);

    /// <summary>All chunks were given.</summary>
    void Complete();

    /// <summary>
    /// What is too old by this time is left out, and by the state's own watermark: so that copies
    /// of two states can be compared.
    /// </summary>
    long WatermarkMs => long.MinValue;
}
