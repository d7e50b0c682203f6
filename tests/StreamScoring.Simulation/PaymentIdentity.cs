using StreamScoring.Contracts;

namespace StreamScoring.Simulation;

/// <summary>
/// What is promised to make two records publications of one payment. Everything else a publisher
/// may stamp anew.
/// </summary>
internal readonly record struct PaymentIdentity(
    string PaymentId, long AmountMinor, string Currency, string? CardId, string? CustomerId, string? MerchantId, string? TerminalId, string? DeviceId, string? EmailHash)
{
    public static PaymentIdentity Of(Payment payment) => new(
        payment.PaymentId, payment.AmountMinor, payment.Currency, payment.CardId, payment.CustomerId, payment.MerchantId, payment.TerminalId, payment.DeviceId, payment.EmailHash);
}
