namespace StreamScoring.Contracts;

/// <summary>
/// Looks through the fields of a payment or label before it is written to a topic.
/// </summary>
public static class CardNumberFields
{
    /// <summary>Names beside those of the text fields that may be exempted.</summary>
    public const string Attributes = "attributes", AmountMinor = "amount_minor";

    private const string AttributePrefix = Attributes + ".";

    /// <summary>All names that may be exempted, beside <c>attributes.NAME</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [Attributes, AmountMinor, .. TextFields.AllNames];

    /// <summary>Whether it is a name that may be exempted.</summary>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Names.Contains(name) || (name.StartsWith(AttributePrefix, StringComparison.Ordinal) && name.Length > AttributePrefix.Length);
    }

    /// <summary>The attributes among names that are exempted.</summary>
    public static IEnumerable<string> AttributesOf(IEnumerable<string> ignored) =>
        ignored.Where(name => name.StartsWith(AttributePrefix, StringComparison.Ordinal)).Select(name => name[AttributePrefix.Length..]);

    /// <param name="ignored">Names of fields that are not looked at.</param>
    /// <returns>The first field that holds a card number; null where none does.</returns>
    public static string? Find(Payment payment, IReadOnlySet<string> ignored)
    {
        ArgumentNullException.ThrowIfNull(payment);
        ArgumentNullException.ThrowIfNull(ignored);
        return Find(
                ignored,
                (TextField.PaymentId, payment.PaymentId), (TextField.Currency, payment.Currency), (TextField.CardId, payment.CardId),
                (TextField.CustomerId, payment.CustomerId), (TextField.MerchantId, payment.MerchantId),
                (TextField.TerminalId, payment.TerminalId), (TextField.Mcc, payment.Mcc),
                (TextField.MerchantCountry, payment.MerchantCountry), (TextField.CardCountry, payment.CardCountry),
                (TextField.IpCountry, payment.IpCountry), (TextField.Ip, payment.Ip), (TextField.DeviceId, payment.DeviceId),
                (TextField.EmailHash, payment.EmailHash), (TextField.Channel, payment.Channel))
            ?? (CardNumber.IsIn(payment.AmountMinor) && !ignored.Contains(AmountMinor) ? AmountMinor
                : payment.Attributes is { } attributes && !ignored.Contains(Attributes) && AreIn(attributes, ignored) ? Attributes
                : null);
    }

    /// <inheritdoc cref="Find(Payment, IReadOnlySet{string})"/>
    public static string? Find(Label label, IReadOnlySet<string> ignored)
    {
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(ignored);
        return Find(
            ignored,
            (TextField.PaymentId, label.PaymentId), (TextField.CardId, label.CardId), (TextField.CustomerId, label.CustomerId),
            (TextField.MerchantId, label.MerchantId), (TextField.TerminalId, label.TerminalId), (TextField.Ip, label.Ip),
            (TextField.DeviceId, label.DeviceId), (TextField.EmailHash, label.EmailHash));
    }

    private static string? Find(IReadOnlySet<string> ignored, params ReadOnlySpan<(TextField Field, string? Text)> fields)
    {
        foreach (var (field, text) in fields)
        {
            if (text is not null && CardNumber.IsIn(text) && !ignored.Contains(TextFields.NameOf(field)))
            {
                return TextFields.NameOf(field);
            }
        }

        return null;
    }

    private static bool AreIn(IReadOnlyDictionary<string, object> attributes, IReadOnlySet<string> ignored)
    {
        var groups = new NeighbouringGroups();
        foreach (var (name, value) in attributes)
        {
            if (ignored.Count > 0 && ignored.Contains(AttributePrefix + name))
            {
                groups.Clear();
                continue;
            }

            if (CardNumber.IsIn(name)
                || (value is double number ? CardNumber.IsIn(number) || groups.Add(number)
                    : CardNumber.IsIn((string)value) || groups.Add((string)value)))
            {
                return true;
            }
        }

        return false;
    }
}
