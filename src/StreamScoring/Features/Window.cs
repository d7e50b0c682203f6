namespace StreamScoring.Features;

/// <summary>
/// Which of an entity's payments a feature looks at, for a payment at event time t.
/// </summary>
/// <param name="SizeMs">(t − delay − size, t − delay]; <see cref="Ever"/> for everything up to t −
/// delay.</param>
/// <param name="DelayMs">How far the window's end lies before t.</param>
/// <param name="LastCount">The n newest up to t − delay instead; 0 for a window of time.</param>
public readonly record struct Window(long SizeMs, long DelayMs, int LastCount)
{
    public const long Ever = long.MaxValue;

    public bool IsEver => SizeMs == Ever && LastCount == 0;
}
