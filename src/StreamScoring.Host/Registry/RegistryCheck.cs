using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Registry;

/// <summary>Looks whether what lies in a registry is what was put there.</summary>
internal static class RegistryCheck
{
    /// <param name="isThorough">Whether it may take as long as reading all of it from
    /// afar.</param>
    /// <returns>Null where all is well.</returns>
    public static string? ProblemOf(IModelShelf shelf, ModelReference model, bool isThorough)
    {
        try
        {
            if (shelf.ProblemOf(model, isThorough) is { } problem)
            {
                return problem;
            }

            var folder = shelf.FolderOf(model);
            using var loaded = OnnxModelLoader.LoadFolder(folder);
            return loaded.Version != model.Version ? $"its files have the hash {loaded.Version}: they were changed; add it again"
                : loaded.Name != model.Name ? $"its card calls it {loaded.Name}: it was changed; add it again"
                : null;
        }
        catch (InvalidInputFileException e)
        {
            return e.Message;
        }
    }

    /// <param name="featureFile">That it is to be served with; null: not known.</param>
    /// <exception cref="InvalidInputFileException">It is not what was added, or does not fit the
    /// features.</exception>
    public static void Require(IModelShelf shelf, ModelReference model, string? featureFile)
    {
        if (ProblemOf(shelf, model, isThorough: false) is { } problem)
        {
            throw new InvalidInputFileException($"{model} gets no role: {problem}");
        }

        if (featureFile is not null)
        {
            ModelColumns.Of(ModelCard.Load(shelf.FolderOf(model)).Inputs, $"{model}", FeatureFiles.Load(featureFile), featureFile);
        }
    }
}
