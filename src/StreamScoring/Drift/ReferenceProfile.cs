namespace StreamScoring.Drift;

/// <summary>What a model was trained on, as far as its card says so.</summary>
/// <param name="Inputs">One for each input that is known, in any order.</param>
/// <param name="Probability">What the model gave; null where it is not known.</param>
public sealed record ReferenceProfile(IReadOnlyList<ReferenceHistogram> Inputs, ReferenceHistogram? Probability)
{
    /// <summary>Nothing is known.</summary>
    public static ReferenceProfile None { get; } = new([], null);
}
