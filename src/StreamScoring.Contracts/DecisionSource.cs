namespace StreamScoring.Contracts;

/// <summary>The position of a payment: its log and its offset there.</summary>
public readonly record struct DecisionSource(string Region, string Topic, int Partition, long Offset)
{
    /// <summary><c>eu/payments/3/991</c>: the decision's id, a function of the position alone.</summary>
    public override string ToString() => $"{Region}/{Topic}/{Partition}/{Offset}";
}
