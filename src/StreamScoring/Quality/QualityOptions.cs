namespace StreamScoring.Quality;

/// <summary>What of the quality of decisions is kept.</summary>
public sealed record QualityOptions
{
    /// <summary>
    /// Bytes of one held payment at the most, with the room that its table keeps free.
    /// </summary>
    public const int PaymentBytes = 36;

    /// <summary>Days of event time whose payments are held.</summary>
    public int DaysMax { get; init; } = 45;

    /// <summary>The ceiling of what is held of payments.</summary>
    public long BytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Whether a payment that was not blocked and of which no label came counts as genuine, as
    /// where only disputes are told.
    /// </summary>
    public bool IsSilenceGenuine { get; init; } = true;

    /// <summary>
    /// A day is complete once so many of its labels are there, as delays of labels are by now.
    /// </summary>
    public double CompleteShare { get; init; } = 0.95;

    /// <summary>The newest complete days that are added up: a week has all of its days.</summary>
    public int RecentDays { get; init; } = 7;

    /// <summary>Labels that wait for the decision of their payment.</summary>
    public int WaitingMax { get; init; } = 65_536;

    internal int PaymentsMax => (int)Math.Clamp(BytesMax / PaymentBytes, 1, int.MaxValue / 2);
}
