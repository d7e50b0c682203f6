using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Evaluating;

/// <summary>
/// Loads what <c>--model</c> names: a model folder, one of MLflow, or a bare file.
/// </summary>
internal static class ModelPath
{
    /// <summary>Whether it is a model folder, whose card says what the model gives.</summary>
    public static bool HasCard(string path) => Directory.Exists(path) && MlflowFolder.Find(path) is null;

    /// <param name="data">The table that a bare file is to score; null where there is none.</param>
    /// <param name="inputs">Which of its columns a bare file takes.</param>
    /// <exception cref="InvalidInputFileException">The model cannot be served, or a bare file has
    /// no table.</exception>
    public static OnnxModel Load(string path, string? data, InputChoice inputs, ModelLoadOptions options)
    {
        var mlflow = Directory.Exists(path) ? MlflowFolder.Find(path) : null;
        if (Directory.Exists(path) && mlflow is null)
        {
            return OnnxModelLoader.LoadFolder(inputs.RequireNone(path), options);
        }

        var table = data ?? throw new InvalidInputFileException($"{path} has no golden rows; give it rows to score: --data FILE");
        var told = mlflow?.Inputs ?? [];
        return OnnxModelLoader.LoadFile(mlflow?.ModelFile ?? path, inputs.ColumnsOf(table, told), options with { Table = table, AreColumnsChosen = inputs.AreChosen || told.Count > 0 });
    }

    /// <param name="model">A folder, a file, or a name in the registry.</param>
    /// <returns>The folder or file.</returns>
    /// <exception cref="InvalidInputFileException">There is no such thing.</exception>
    public static string Resolve(string model, string? registry) => Directory.Exists(model) || File.Exists(model) ? model
        : registry is null ? throw new InvalidInputFileException($"{model} is no file or folder; a model that is called by name needs --registry DIR")
        : ModelRegistry.Open(registry) is var shelf ? shelf.FolderOf(shelf.Find(model)) : model;
}
