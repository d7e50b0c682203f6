using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Ingest;

namespace StreamScoring.Host;

/// <summary>Looks through tables before anything of them is published: the pipeline would refuse a card number, yet it would stand in a topic.</summary>
internal static class CardNumberCheck
{
    /// <exception cref="InvalidInputFileException">A field holds a card number and is not exempted; the message names file and row.</exception>
    public static void Require(PaymentTable table, IngestLimits limits)
    {
        var (payments, labels) = (0L, 0L);
        foreach (var (isLabel, _, value) in table.InOrder())
        {
            var field = isLabel ? FieldOf(PaymentMessagePack.ReadLabel(value), limits) : FieldOf(PaymentMessagePack.ReadPayment(value), limits);
            if (field is not null)
            {
                throw new InvalidInputFileException(
                    $"{(isLabel ? table.PlaceOfLabel(labels) : table.PlaceOfPayment(payments))}: {field} holds a card number; put a token in its place, or, if it is none, name the field in ingest.cardNumberFieldsIgnored");
            }

            (payments, labels) = isLabel ? (payments, labels + 1) : (payments + 1, labels);
        }
    }

    private static string? FieldOf(Payment payment, IngestLimits limits) =>
        First(limits,
            (TextField.PaymentId, payment.PaymentId), (TextField.Currency, payment.Currency), (TextField.CardId, payment.CardId), (TextField.CustomerId, payment.CustomerId),
            (TextField.MerchantId, payment.MerchantId), (TextField.TerminalId, payment.TerminalId), (TextField.Mcc, payment.Mcc),
            (TextField.MerchantCountry, payment.MerchantCountry), (TextField.CardCountry, payment.CardCountry), (TextField.IpCountry, payment.IpCountry),
            (TextField.Ip, payment.Ip), (TextField.DeviceId, payment.DeviceId), (TextField.EmailHash, payment.EmailHash), (TextField.Channel, payment.Channel))
        ?? (limits.CardNumberFieldsIgnored.Contains("attributes") ? null
            : payment.Attributes?.Where(attribute => IsCardNumber(attribute.Key) || (attribute.Value is double number ? HiddenCardNumber.IsIn(number) : IsCardNumber((string)attribute.Value)))
                .Select(_ => "an attribute").FirstOrDefault());

    private static string? FieldOf(Label label, IngestLimits limits) =>
        First(limits,
            (TextField.PaymentId, label.PaymentId), (TextField.CardId, label.CardId), (TextField.CustomerId, label.CustomerId), (TextField.MerchantId, label.MerchantId),
            (TextField.TerminalId, label.TerminalId), (TextField.Ip, label.Ip), (TextField.DeviceId, label.DeviceId), (TextField.EmailHash, label.EmailHash));

    private static string? First(IngestLimits limits, params ReadOnlySpan<(TextField Field, string? Text)> fields)
    {
        foreach (var (field, text) in fields)
        {
            if (text is not null && IsCardNumber(text) && !limits.CardNumberFieldsIgnored.Contains(TextFields.NameOf(field)))
            {
                return TextFields.NameOf(field);
            }
        }

        return null;
    }

    private static bool IsCardNumber(string text) => CardNumber.IsIn(Encoding.UTF8.GetBytes(text));
}
