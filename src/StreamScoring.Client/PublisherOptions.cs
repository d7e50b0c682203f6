namespace StreamScoring.Client;

/// <summary>How a publisher works.</summary>
public sealed record PublisherOptions
{
    public static PublisherOptions Default { get; } = new();

    public WireForm Form { get; init; } = WireForm.MessagePack;

    /// <summary>
    /// How long records are collected before they are sent together. Longer is fewer requests, and
    /// later.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>After so long without an acknowledgement a record counts as refused.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Records handed over and not yet acknowledged; who publishes beyond it waits. It bounds the
    /// publisher's memory.
    /// </summary>
    public int InFlightMax { get; init; } = 50_000;

    /// <summary>
    /// Bytes of records that are sent in one piece, before compression. Null: as many as both
    /// topics take (<c>max.message.bytes</c>), and a million at most. The brokers are asked for
    /// that before the first record; a publisher that may not describe the topics says it here.
    /// </summary>
    public int? BatchBytesMax { get; init; }

    /// <summary>
    /// Fields in which a card number is not looked for, because they legitimately hold numbers that
    /// look like one: names as in
    /// <see cref="StreamScoring.Contracts.CardNumberFields.Names"/>. The topology's
    /// <c>ingest.cardNumberFieldsIgnored</c> must name them too.
    /// </summary>
    public IReadOnlySet<string> CardNumberFieldsIgnored { get; init; } = new HashSet<string>();
}
