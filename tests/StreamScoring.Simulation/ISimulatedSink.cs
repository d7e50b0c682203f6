using StreamScoring.Emit;

namespace StreamScoring.Simulation;

/// <summary>A producer and its way to the brokers, step by step.</summary>
internal interface ISimulatedSink : IDecisionSink
{
    /// <summary>Until then the brokers take nothing and refuse nothing.</summary>
    long StalledUntilMs { get; set; }

    /// <summary>Something is to be sent.</summary>
    bool HasQueued { get; }

    /// <summary>Something was taken, and the process has not heard of it.</summary>
    bool HasUnacknowledged { get; }

    /// <summary>The brokers take one request.</summary>
    void Deliver(Random random);

    /// <summary>The brokers acknowledge what they took.</summary>
    void Acknowledge();

    /// <summary>
    /// The brokers refuse a record for good: nothing that is queued is sent any more.
    /// </summary>
    void Refuse();

    /// <summary>
    /// Its process is killed: only what it had handed to its socket may still arrive.
    /// </summary>
    void Die();
}
