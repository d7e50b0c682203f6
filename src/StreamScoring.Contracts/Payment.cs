namespace StreamScoring.Contracts;

/// <summary>
/// One payment as a publisher builds it. The pipeline itself never makes one: it decodes the wire
/// form straight into columns.
/// </summary>
/// <remarks>
/// Required are the id, the event time, the amount with its currency, and at least one entity id.
/// </remarks>
public sealed record Payment
{
    public required string PaymentId { get; init; }

    /// <summary>
    /// When the payment happened, by the acquirer's clock: milliseconds since the Unix epoch, UTC.
    /// </summary>
    public required long EventTimeMs { get; init; }

    /// <summary>Minor units of <see cref="Currency"/>: 12.34 EUR is 1234, 500 JPY is 500.</summary>
    public required long AmountMinor { get; init; }

    /// <summary>ISO 4217 alphabetic code.</summary>
    public required string Currency { get; init; }

    /// <summary>The card's token, never its number.</summary>
    public string? CardId { get; init; }

    public string? CustomerId { get; init; }

    public string? MerchantId { get; init; }

    public string? TerminalId { get; init; }

    /// <summary>Merchant category code, ISO 18245: four digits.</summary>
    public string? Mcc { get; init; }

    /// <summary>ISO 3166-1 alpha-2, as are the other two countries.</summary>
    public string? MerchantCountry { get; init; }

    public string? CardCountry { get; init; }

    public string? IpCountry { get; init; }

    public string? Ip { get; init; }

    public string? DeviceId { get; init; }

    public string? EmailHash { get; init; }

    public string? Channel { get; init; }

    /// <summary>
    /// Free fields: each value is a <see cref="string"/> or a <see cref="double"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object>? Attributes { get; init; }
}
