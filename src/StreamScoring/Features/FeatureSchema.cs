namespace StreamScoring.Features;

/// <summary>
/// The features of a file, in order: the columns of every matrix, table and decision.
/// </summary>
/// <param name="texts">What each is in words.</param>
public sealed class FeatureSchema(IReadOnlyList<string> names, IReadOnlyList<bool> isText, IReadOnlyList<string> texts)
{
    public IReadOnlyList<string> Names => names;

    /// <summary>What each feature is in words: its <c>describe</c>, or its name.</summary>
    public IReadOnlyList<string> Texts => texts;

    /// <summary>Whether a feature is a text, not a number.</summary>
    public bool IsText(int featureIndex) => isText[featureIndex];

    /// <returns>-1 where there is no such feature.</returns>
    public int IndexOf(string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }
}
