namespace StreamScoring.Contracts;

/// <summary>
/// What became known about a payment: whether it was fraud, and when that was known.
/// </summary>
/// <remarks>
/// It repeats the payment's event time and entity ids, so that it can be folded without looking the
/// payment up.
/// </remarks>
public sealed record Label
{
    public required string PaymentId { get; init; }

    /// <summary>The payment's event time: milliseconds since the Unix epoch, UTC.</summary>
    public required long EventTimeMs { get; init; }

    /// <summary>
    /// When the label became known: milliseconds since the Unix epoch, UTC. Of two labels of a
    /// payment the later known one holds.
    /// </summary>
    public required long KnownAtMs { get; init; }

    public required bool Fraud { get; init; }

    public string? CardId { get; init; }

    public string? CustomerId { get; init; }

    public string? MerchantId { get; init; }

    public string? TerminalId { get; init; }

    public string? Ip { get; init; }

    public string? DeviceId { get; init; }

    public string? EmailHash { get; init; }
}
