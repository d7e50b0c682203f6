using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Registry;

/// <summary>Looks whether what lies in a registry is what was put there.</summary>
internal static class RegistryCheck
{
    /// <returns>Null where all is well.</returns>
    public static string? ProblemOf(ModelRegistry registry, ModelReference model)
    {
        try
        {
            using var loaded = OnnxModelLoader.LoadFolder(registry.FolderOf(model));
            return loaded.Version != model.Version ? $"its files have the hash {loaded.Version}: they were changed; add it again"
                : loaded.Name != model.Name ? $"its card calls it {loaded.Name}: it was changed; add it again"
                : null;
        }
        catch (InvalidInputFileException e)
        {
            return e.Message;
        }
    }

    /// <exception cref="InvalidInputFileException">It is not what was added.</exception>
    public static void Require(ModelRegistry registry, ModelReference model)
    {
        if (ProblemOf(registry, model) is { } problem)
        {
            throw new InvalidInputFileException($"{model} gets no role: {problem}");
        }
    }

    /// <summary>
    /// The champion before the one of now. Each rollback goes one further back; a promotion begins
    /// anew.
    /// </summary>
    /// <exception cref="InvalidInputFileException">There is none.</exception>
    public static ModelReference ChampionBefore(ModelRegistry registry)
    {
        var champions = new Stack<string>();
        foreach (var change in registry.History())
        {
            if (change.Kind == RegistryEvent.Champion)
            {
                champions.Push(change.Hash);
            }
            else if (change.Kind == RegistryEvent.Rollback)
            {
                champions.Pop();
            }
        }

        return champions.Count < 2 ? throw new InvalidInputFileException($"{registry.Folder}: there is no champion before this one; promote another version")
            : ModelReference.Parse(champions.ElementAt(1), registry.Folder);
    }
}
