using StreamScoring.Deployment.Tuning;

namespace StreamScoring.Host.Tuning;

/// <summary>What <c>tune</c> was asked for, checked.</summary>
/// <param name="File">The topology file.</param>
/// <param name="Set">Overrides that hold in every trial.</param>
/// <param name="IsEmbedded">On the embedded broker, not the topology's.</param>
/// <param name="Payments">Tables; empty for generated payments.</param>
/// <param name="Events">Payments of each trial; null: the default of the goal.</param>
/// <param name="Rate">Payments a second, for the goal latency.</param>
/// <param name="Rounds">Trials of the candidate and of the incumbent in each comparison.</param>
/// <param name="Try">Knobs and values that are tried; empty: the standard ones.</param>
/// <param name="Output">The file to write.</param>
internal sealed record TuneOptions(
    string File, IReadOnlyList<string> Set, bool IsEmbedded, IReadOnlyList<string> Payments, string? Columns, int? Events, TuneGoal Goal, double Rate, int Rounds,
    IReadOnlyList<string> Try, string Output, bool AsJson)
{
    private const int BacklogEvents = 100_000, EmbeddedEvents = 20_000;

    private const double PacedSeconds = 5;

    /// <summary>Payments of each trial.</summary>
    public int EventCount => Events ?? (
        Goal == TuneGoal.Latency ? (int)Math.Clamp(Rate * PacedSeconds, 100, BacklogEvents)
        : IsEmbedded ? EmbeddedEvents
        : BacklogEvents);
}
