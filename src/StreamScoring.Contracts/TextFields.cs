namespace StreamScoring.Contracts;

/// <summary>Names and roles of the text fields, in one place.</summary>
public static class TextFields
{
    /// <summary>How many text fields there are; a column array has this length.</summary>
    public const int Count = (int)TextField.Channel + 1;

    private static readonly string[] Names =
    [
        "payment_id", "currency", "card_id", "customer_id", "merchant_id", "terminal_id", "mcc", "merchant_country", "card_country",
        "ip_country", "ip", "device_id", "email_hash", "channel",
    ];

    /// <summary>
    /// The fields that name an entity. A payment needs one of them, a label repeats those of its
    /// payment.
    /// </summary>
    public static IReadOnlyList<TextField> EntityIds { get; } =
    [
        TextField.CardId, TextField.CustomerId, TextField.MerchantId, TextField.TerminalId, TextField.Ip, TextField.DeviceId,
        TextField.EmailHash,
    ];

    /// <summary>
    /// The entity ids that are part of a payment's content, by which a retry is told from another
    /// payment of the same id. Not the address: it is that of a connection, and a retry may come by
    /// another one. The order is part of stored hashes.
    /// </summary>
    public static IReadOnlyList<TextField> ContentIds { get; } =
        [TextField.CardId, TextField.CustomerId, TextField.MerchantId, TextField.TerminalId, TextField.DeviceId, TextField.EmailHash];

    /// <summary>The field's name in JSON, in feature files and in rules.</summary>
    public static string NameOf(TextField field) => Names[(int)field];

    /// <summary>All names, in the order of <see cref="TextField"/>.</summary>
    public static IReadOnlyList<string> AllNames => Names;

    public static bool TryParse(string name, out TextField field)
    {
        var index = Array.IndexOf(Names, name);
        field = (TextField)Math.Max(index, 0);
        return index >= 0;
    }
}
