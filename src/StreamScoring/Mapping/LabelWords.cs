namespace StreamScoring.Mapping;

/// <summary>The usual words for a label.</summary>
public static class LabelWords
{
    /// <summary>What is expected, for messages.</summary>
    public const string Expected = "0 or 1, true or false, yes or no, or nothing where it is not known; other words: label: {column: …, fraud: [WORD, …]}";

    private static readonly (byte[] Word, bool IsFraud)[] Words =
    [
        ("0"u8.ToArray(), false), ("1"u8.ToArray(), true), ("false"u8.ToArray(), false), ("true"u8.ToArray(), true), ("no"u8.ToArray(), false), ("yes"u8.ToArray(), true),
        ("n"u8.ToArray(), false), ("y"u8.ToArray(), true), ("f"u8.ToArray(), false), ("t"u8.ToArray(), true),
    ];

    /// <param name="word">UTF-8, of either case.</param>
    /// <returns>Null where it is none of them.</returns>
    public static bool? FraudOf(ReadOnlySpan<byte> word)
    {
        foreach (var (written, isFraud) in Words)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(word, written))
            {
                return isFraud;
            }
        }

        return null;
    }
}
