namespace StreamScoring.State;

/// <summary>How long a payment that is published again is known for one that was decided.</summary>
/// <param name="Window">By the timestamps of the payment's log.</param>
/// <param name="PaymentsMax">Beyond so many the oldest go early: 48 bytes each, and 12 of the
/// table.</param>
public sealed record IdempotencyOptions(TimeSpan Window, int PaymentsMax)
{
    public static IdempotencyOptions Default { get; } = new(TimeSpan.FromMinutes(15), 4_000_000);
}
