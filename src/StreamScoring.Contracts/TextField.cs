namespace StreamScoring.Contracts;

/// <summary>
/// The payment fields whose value is text, in the order of the wire form. Each is a column of a
/// batch.
/// </summary>
public enum TextField
{
    PaymentId,
    Currency,
    CardId,
    CustomerId,
    MerchantId,
    TerminalId,
    Mcc,
    MerchantCountry,
    CardCountry,
    IpCountry,
    Ip,
    DeviceId,
    EmailHash,
    Channel,
}
