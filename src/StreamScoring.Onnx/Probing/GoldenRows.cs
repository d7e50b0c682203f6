using StreamScoring.Files;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Probing;

/// <summary>A model folder's rows with known outputs.</summary>
internal static class GoldenRows
{
    private const double Tolerance = 1e-5;

    /// <returns>The path, and the rows.</returns>
    /// <exception cref="Configuration.InvalidInputFileException">They are missing, or lack a
    /// column.</exception>
    public static (string Path, ScoringTable Table) Read(string folder, IReadOnlyList<ModelInput> inputs)
    {
        var path = Path.Combine(folder, OnnxModelLoader.GoldenFile);
        return File.Exists(path)
            ? (path, ScoringTable.Read(path, inputs))
            : throw ModelRefused.Because(path, $"is missing; a model folder holds {OnnxModelLoader.ModelFile}, {ModelCard.FileName} and {OnnxModelLoader.GoldenFile}");
    }

    /// <exception cref="Configuration.InvalidInputFileException">The model does not give what they
    /// say.</exception>
    /// <param name="whatToDo">Said behind the row that differs.</param>
    public static void Verify(string path, ScoringTable table, OnnxModel model, string whatToDo = $"{OnnxModelLoader.ModelFile} is not the model that this folder describes")
    {
        var raw = new double[table.RowCount];
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], Math.Max(1, table.RowCount));
        lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
        using var reader = TableReader.Open(path);
        var expectedColumn = reader.Require(OnnxModelLoader.GoldenRawColumn);
        for (var row = 0; reader.Read(); row++)
        {
            var expected = reader.Number(expectedColumn);
            if (!(Math.Abs(raw[row] - expected) <= Tolerance * Math.Max(1, Math.Abs(expected))))
            {
                throw ModelRefused.Because(path, $"row {row}: the model gives {raw[row]:R} and the golden row says {expected:R}; {whatToDo}"
                    + (Math.Abs(1 - raw[row] - expected) <= Tolerance ? $", or fraud is its other class: output: {{class: CLASS}} in {ModelCard.FileName}" : ""));
            }
        }
    }
}
