using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Scoring;

namespace StreamScoring.Host;

/// <summary>Finds a model's inputs among the features of a feature file.</summary>
internal static class ModelColumns
{
    /// <param name="shownAs">The model, for messages.</param>
    /// <param name="featureFile">The features' file, for messages.</param>
    /// <returns>[inputs] The column of each.</returns>
    /// <exception cref="InvalidInputFileException">An input is no feature, or one of another
    /// type.</exception>
    public static List<int> Of(IReadOnlyList<ModelInput> inputs, string shownAs, FeatureFile features, string featureFile) =>
        [.. inputs.Select(input => Of(input, shownAs, features, featureFile))];

    private static int Of(ModelInput input, string shownAs, FeatureFile features, string featureFile)
    {
        var column = features.Schema.IndexOf(input.Name);
        if (column < 0)
        {
            var near = Nearest.To(input.Name, features.Schema.Names);
            throw new InvalidInputFileException($"{shownAs}: the model takes {input.Name}, which {featureFile} does not compute{(near is null ? "" : $"; did it mean {near}?")}");
        }

        return features.Schema.IsText(column) == input.IsText ? column
            : throw new InvalidInputFileException($"{shownAs}: the model takes {input.Name} as a {(input.IsText ? "text" : "number")}, and {featureFile} computes a {(input.IsText ? "number" : "text")}");
    }
}
