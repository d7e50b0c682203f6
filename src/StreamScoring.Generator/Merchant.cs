namespace StreamScoring.Generator;

/// <summary>Somebody who is paid.</summary>
internal sealed record Merchant(int Number, int Country, string Mcc, bool IsOnline, double PriceLevel, int Terminals)
{
    public string Id => $"me-{Number}";
}
