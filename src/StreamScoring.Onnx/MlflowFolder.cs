using System.Text.Json;
using StreamScoring.Configuration;

namespace StreamScoring.Onnx;

/// <summary>
/// A folder that MLflow wrote, as far as it says where its ONNX file is and what that takes.
/// (https://mlflow.org/docs/latest/ml/model/#storage-format)
/// </summary>
/// <param name="ModelFile">Its path.</param>
/// <param name="Inputs">Names of the columns that its signature lists, in order; empty where it
/// lists none.</param>
public sealed record MlflowFolder(string ModelFile, IReadOnlyList<string> Inputs)
{
    private const string FileName = "MLmodel";

    /// <returns>Null for a folder that is none.</returns>
    /// <exception cref="InvalidInputFileException">It holds no ONNX model, or cannot be
    /// read.</exception>
    public static MlflowFolder? Find(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path) || File.Exists(Path.Combine(folder, ModelCard.FileName)))
        {
            return null;
        }

        var top = YamlFile.Open(path);
        var flavors = top.OptionalMap("flavors");
        var data = flavors?.OptionalMap("onnx")?.OptionalText("data")
            ?? throw new InvalidInputFileException($"{path}: has no flavor onnx with its file (data); log the model by mlflow.onnx.log_model");
        var file = Path.GetFullPath(Path.Combine(folder, data));
        return file.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? new MlflowFolder(Path.Combine(folder, data), ColumnsOf(path, top.OptionalMap("signature")?.OptionalText("inputs")))
            : throw new InvalidInputFileException($"{path}: its file {data} is outside of the folder");
    }

    /// <param name="signature">A list of columns or of tensors, as JSON; only columns have names of
    /// features.</param>
    private static List<string> ColumnsOf(string path, string? signature)
    {
        if (signature is null)
        {
            return [];
        }

        try
        {
            using var json = JsonDocument.Parse(signature);
            return [.. json.RootElement.EnumerateArray().Where(column => !column.TryGetProperty("tensor-spec", out _) && column.TryGetProperty("name", out _)).Select(column => column.GetProperty("name").GetString()!)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidInputFileException($"{path}: its signature's inputs are no list of columns: {e.Message}", e);
        }
    }
}
