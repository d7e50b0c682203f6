namespace StreamScoring.Scoring;

/// <summary>The shadow models of a pipeline.</summary>
/// <param name="WaitMax">How long a scored batch waits for their answers, all of them
/// together.</param>
/// <param name="Meters">Null: nobody counts.</param>
public sealed record ShadowOptions(IReadOnlyList<ShadowModel> Models, TimeSpan WaitMax, ShadowMeters? Meters = null)
{
    public static readonly ShadowOptions None = new([], TimeSpan.Zero);
}
