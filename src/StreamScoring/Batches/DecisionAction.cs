namespace StreamScoring.Batches;

/// <summary>What policy does with a payment, mildest first.</summary>
public enum DecisionAction : byte
{
    Allow,
    Challenge,
    Review,
    Block,
}
