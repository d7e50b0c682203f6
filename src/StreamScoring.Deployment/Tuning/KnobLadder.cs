namespace StreamScoring.Deployment.Tuning;

/// <summary>The values of a knob that a sweep may try.</summary>
/// <param name="Key">Dotted, as <c>--set</c> takes it.</param>
/// <param name="Steps">As a topology file would have them; the current value among them.</param>
/// <param name="IsOrdered">
/// True: from the current value it is gone up as long as that helps, and where it does not at all,
/// down. False: each value is tried.
/// </param>
public sealed record KnobLadder(string Key, IReadOnlyList<string> Steps, bool IsOrdered)
{
    /// <summary>
    /// The most comparisons that it can take from a value: all but one step, or for an ordered one
    /// those of the longer way and one of the other.
    /// </summary>
    public int ComparisonsMax(string current)
    {
        var at = IndexOf(current);
        var (up, down) = (Steps.Count - 1 - at, at);
        return !IsOrdered ? Steps.Count - 1 : up == 0 ? down : Math.Max(up, 1 + down);
    }

    /// <exception cref="ArgumentException">The value is not among the steps.</exception>
    public int IndexOf(string value)
    {
        for (var i = 0; i < Steps.Count; i++)
        {
            if (Steps[i] == value)
            {
                return i;
            }
        }

        throw new ArgumentException($"{value} is no step of {Key}", nameof(value));
    }
}
