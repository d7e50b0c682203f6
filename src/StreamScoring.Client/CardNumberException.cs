namespace StreamScoring.Client;

/// <summary>A payment or label holds a card number, so it was not published.</summary>
/// <param name="field">The field that holds it.</param>
public sealed class CardNumberException(string field)
    : Exception(
        $"{field} holds a card number; send a token, or, if it is none, name the field in CardNumberFieldsIgnored "
        + "and in the topology's ingest.cardNumberFieldsIgnored")
{
    public string Field { get; } = field;
}
