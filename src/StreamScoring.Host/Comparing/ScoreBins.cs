namespace StreamScoring.Host.Comparing;

/// <summary>Scores by ten.</summary>
internal sealed class ScoreBins
{
    private const int Width = 10;

    /// <summary>[10] How many scores there are from 0, 10, 20, … on.</summary>
    public long[] Counts { get; } = new long[100 / Width];

    public void Add(int score) => Counts[Math.Clamp(score, 0, 99) / Width]++;
}
