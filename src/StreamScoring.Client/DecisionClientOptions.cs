namespace StreamScoring.Client;

/// <summary>How payments are decided while a caller waits.</summary>
public sealed record DecisionClientOptions
{
    /// <summary>
    /// Calls that wait at the same time; a further one waits for its turn, within its own timeout.
    /// It bounds the client's memory.
    /// </summary>
    public int CallsMax { get; init; } = 10_000;

    public WireForm Form { get; init; } = WireForm.MessagePack;

    /// <summary>
    /// How long a payment waits for others to be sent with. Zero suits callers that wait.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Only what a transaction committed, where the pipeline writes transactions.
    /// </summary>
    public bool ReadCommitted { get; init; } = true;

    /// <summary>
    /// How long a broker holds an answer back for want of data; a decision that comes ends the
    /// wait.
    /// </summary>
    public TimeSpan FetchWaitMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Told in a sentence of skipped records and broken connections. Must not throw, and not block.
    /// </summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Measures timeouts.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// Fields in which a card number is not looked for, because they legitimately hold numbers that
    /// look like one: names as in
    /// <see cref="StreamScoring.Contracts.CardNumberFields.Names"/>. The topology's
    /// <c>ingest.cardNumberFieldsIgnored</c> must name them too.
    /// </summary>
    public IReadOnlySet<string> CardNumberFieldsIgnored { get; init; } = new HashSet<string>();
}
