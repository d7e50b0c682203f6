using StreamScoring.Onnx;
using StreamScoring.Tests.Onnx.Explaining;

namespace StreamScoring.Tests.Onnx;

/// <summary>Scores a few rows with a loaded model.</summary>
internal static class ScoredModel
{
    /// <returns>[rows] The model's own outputs.</returns>
    public static double[] Raw(this OnnxModel model, params double[][] rows)
    {
        var raw = new double[rows.Length];
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], rows.Length);
        lane.Score(SmallModels.MatrixOf(rows), [.. Enumerable.Range(0, rows.Length)], raw);
        return raw;
    }

    /// <summary>A table of numbers in a file of its own.</summary>
    /// <returns>The file's path.</returns>
    public static string Table(string folder, string header, params string[] rows)
    {
        var path = Path.Combine(folder, "table.csv");
        File.WriteAllLines(path, [header, .. rows]);
        return path;
    }
}
