using StreamScoring.Takeover;

namespace StreamScoring.Simulation;

/// <summary>A transaction as the brokers know it.</summary>
/// <param name="abortsAtMs">When the brokers abort it, whatever its producer does.</param>
internal sealed class SimulatedTransaction(long abortsAtMs)
{
    public long AbortsAtMs => abortsAtMs;

    public TransactionState State { get; set; }

    /// <summary>Pending until it ends; none before they are sent.</summary>
    public IReadOnlyList<LogOffset> Offsets { get; set; } = [];
}
