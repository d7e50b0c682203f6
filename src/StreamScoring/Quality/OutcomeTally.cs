namespace StreamScoring.Quality;

/// <summary>
/// The held payments of one day and one outcome: how many there are, and what is known of them.
/// </summary>
internal sealed class OutcomeTally
{
    public long Payments { get; private set; }

    public long Frauds { get; private set; }

    public long Genuine { get; private set; }

    /// <summary>
    /// Sum of the probabilities that the model gave, of all and of those that have a label.
    /// </summary>
    public double Probability => HeldDay.ProbabilityOf(_probability);

    /// <inheritdoc cref="Probability"/>
    public double LabelledProbability => HeldDay.ProbabilityOf(_labelledProbability);

    // Whole numbers, so that what is taken away leaves nothing behind.
    private long _probability, _labelledProbability;

    /// <param name="count">1; -1 takes the payment away again.</param>
    /// <param name="label">As <see cref="HeldDay"/> holds it.</param>
    public void Add(long label, ushort probability, int count)
    {
        Payments += count;
        _probability += count * probability;
        if (label != 0)
        {
            Frauds += (label & 1) * count;
            Genuine += (1 - (label & 1)) * count;
            _labelledProbability += count * probability;
        }
    }
}
