using StreamScoring.Contracts;

namespace StreamScoring.Generator;

/// <summary>A payment of the generated world with the truth about it.</summary>
/// <param name="Scenario">What kind of fraud it belongs to; <c>genuine</c> where none.</param>
/// <param name="KnownAtMs">When its label becomes known, ms since the Unix epoch.</param>
public sealed record GeneratedPayment(Payment Payment, bool Fraud, string Scenario, long KnownAtMs)
{
    public Label Label => new()
    {
        PaymentId = Payment.PaymentId,
        EventTimeMs = Payment.EventTimeMs,
        KnownAtMs = KnownAtMs,
        Fraud = Fraud,
        CardId = Payment.CardId,
        CustomerId = Payment.CustomerId,
        MerchantId = Payment.MerchantId,
        TerminalId = Payment.TerminalId,
        Ip = Payment.Ip,
        DeviceId = Payment.DeviceId,
        EmailHash = Payment.EmailHash,
    };
}
