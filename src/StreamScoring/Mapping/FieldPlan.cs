using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>
/// How one field is made of one source or several: made once, for all records. What it does not
/// name is left out.
/// </summary>
public sealed class FieldPlan
{
    /// <summary>The field's name: <c>card_id</c>, <c>attributes.zip</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is made into.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>Numbers in <see cref="RecordPlan.Sources"/>; joined where they are several. Empty:
    /// it is a constant.</summary>
    public required IReadOnlyList<int> Sources { get; init; }

    /// <summary>Of a text field: which.</summary>
    public TextField Field { get; init; }

    /// <summary>Of an attribute: its number in <see cref="RecordPlan.AttributeNames"/>.</summary>
    public int Attribute { get; init; }

    /// <summary>What stands between joined sources.</summary>
    public string Separator { get; init; } = "";

    /// <summary>The source that is taken where the others are empty; -1: none.</summary>
    public int Fallback { get; init; } = -1;

    /// <summary>What is taken where all are empty; null: nothing.</summary>
    public string? Default { get; init; }

    /// <summary>Whether it is the record's number, from 1, and no source.</summary>
    public bool IsRowNumber { get; init; }

    /// <summary>What stands before a text.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Letters of a text.</summary>
    public TextCase Case { get; init; }

    /// <summary>What values stand for; null: themselves.</summary>
    public WordTable? Words { get; init; }

    /// <summary>Values that mean that there is none; of <see cref="FieldKind.Skip"/>: that the
    /// record is no payment.</summary>
    public WordTable? Missing { get; init; }

    /// <summary>Of texts: whether <c>91750.0</c> is <c>91750</c>. Of ids it always is.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Makes tokens of it; null: it is no card number.</summary>
    public CardToken? Token { get; init; }

    /// <summary>Of the event time.</summary>
    public TimeReading Time { get; init; } = TimeReading.Iso;

    /// <summary>Of the amount.</summary>
    public AmountReading Amount { get; init; } = AmountReading.Minor;

    /// <summary>Of the amount and of numbers: whether the comma begins decimals.</summary>
    public bool IsCommaDecimal { get; init; }

    /// <summary>Of numbers: whether a value that is none is an error, or stays a text.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Of the label: what says fraud, and what says genuine; null: the usual words, or
    /// everything else.</summary>
    public WordTable? FraudWords { get; init; }

    /// <inheritdoc cref="FraudWords"/>
    public WordTable? GenuineWords { get; init; }

    /// <summary>The sources, without a call for each.</summary>
    internal int[] SourceNumbers => field ??= [.. Sources];

    /// <summary>What stands in the default and in the prefix, once.</summary>
    internal byte[] DefaultBytes => field ??= Encoding.UTF8.GetBytes(Default ?? "");

    /// <inheritdoc cref="DefaultBytes"/>
    internal byte[] PrefixBytes => field ??= Encoding.UTF8.GetBytes(Prefix);

    /// <inheritdoc cref="DefaultBytes"/>
    internal byte[] SeparatorBytes => field ??= Encoding.UTF8.GetBytes(Separator);

    /// <summary>
    /// Whether the field is an id, of which <c>12345.0</c> and <c>12345</c> are the same.
    /// </summary>
    internal bool IsId => Kind == FieldKind.Text && Field is TextField.PaymentId or TextField.CardId or TextField.CustomerId or TextField.MerchantId
        or TextField.TerminalId or TextField.DeviceId or TextField.Mcc or TextField.Currency;
}
