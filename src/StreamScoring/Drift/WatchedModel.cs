using StreamScoring.Scoring;

namespace StreamScoring.Drift;

/// <summary>What of a model is compared with its training.</summary>
/// <param name="Model">As metrics name it.</param>
/// <param name="Inputs">With the column of the features that holds each.</param>
/// <param name="Probability">Null: it is not watched.</param>
/// <param name="Unwatched">Inputs that are not watched.</param>
public sealed record WatchedModel(string Model, IReadOnlyList<(ReferenceHistogram Reference, int Column)> Inputs, ReferenceHistogram? Probability, IReadOnlyList<string> Unwatched)
{
    /// <summary>
    /// Inputs of a model that are watched, those of the greatest weight first. Each has five series
    /// in the metrics.
    /// </summary>
    public const int InputsMax = 256;

    /// <summary>A histogram of more bins is not watched: a window has a number for each.</summary>
    public const int BinsMax = 256;

    /// <param name="profile">Of its card.</param>
    public static WatchedModel Of(ServedModel served, ReferenceProfile profile)
    {
        ArgumentNullException.ThrowIfNull(served);
        ArgumentNullException.ThrowIfNull(profile);
        var names = served.Model.Inputs.Select(input => input.Name).ToList();
        var watched = profile.Inputs.Where(reference => names.Contains(reference.Input) && reference.Shares.Count <= BinsMax)
            .OrderByDescending(reference => reference.Weight ?? 0).Take(InputsMax)
            .Select(reference => (reference, served.Columns[names.IndexOf(reference.Input)])).ToList();
        return new WatchedModel(
            served.Id, watched, profile.Probability is { Shares.Count: <= BinsMax } probability ? probability : null,
            [.. names.Except(watched.Select(input => input.reference.Input))]);
    }

    /// <summary>
    /// Whether samples of the other are samples of this one: of the same model, by the same card.
    /// </summary>
    internal bool IsSampledLike(WatchedModel other) => Model == other.Model && Inputs.SequenceEqual(other.Inputs) && Probability == other.Probability;
}
