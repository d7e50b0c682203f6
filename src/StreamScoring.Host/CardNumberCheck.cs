using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Ingest;

namespace StreamScoring.Host;

/// <summary>Looks through tables before anything of them is published: the pipeline would refuse a card number, yet it would stand in a topic.</summary>
internal static class CardNumberCheck
{
    /// <exception cref="InvalidInputFileException">
    /// A field holds a card number and is not exempted. The message names file, row and field, how many rows there are, and what to do.
    /// </exception>
    public static void Require(PaymentTable table, IngestLimits limits)
    {
        var (payments, labels, found) = (0L, 0L, 0L);
        var (place, field) = ((string?)null, (string?)null);
        foreach (var (isLabel, _, value) in table.InOrder())
        {
            var here = isLabel ? CardNumberFields.Find(PaymentMessagePack.ReadLabel(value), limits.CardNumberFieldsIgnored)
                : CardNumberFields.Find(PaymentMessagePack.ReadPayment(value), limits.CardNumberFieldsIgnored);
            if (here is not null && found++ == 0)
            {
                (place, field) = (isLabel ? table.PlaceOfLabel(labels) : table.PlaceOfPayment(payments), here);
            }

            (payments, labels) = isLabel ? (payments, labels + 1) : (payments + 1, labels);
        }

        if (found > 0)
        {
            throw new InvalidInputFileException(
                $"{place}: {field} holds a card number ({found:N0} of {payments + labels:N0} rows hold one); nothing is published. "
                + $"{RejectionText.CardNumberHint(field!)}");
        }
    }
}
