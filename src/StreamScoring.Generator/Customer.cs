namespace StreamScoring.Generator;

/// <summary>Somebody who pays: where, with what, how much and when.</summary>
internal sealed record Customer(
    int Number, int Country, string CardId, string DeviceId, string Ip, string EmailHash, double MeanAmount, int WakesAtHour, int[] Merchants)
{
    public string Id => $"cu-{Number}";
}
