using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Makes a bare model servable: a folder with its card, and golden rows from the rows and
/// probabilities that came with it. So what the pipeline serves is checked against the library that
/// trained it.
/// </summary>
internal static class ModelFolder
{
    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (model, output) = (options.Required("model"), options.Required("output"));
        Directory.CreateDirectory(output);
        File.Copy(Path.Combine(model, OnnxModelLoader.ModelFile), Path.Combine(output, OnnxModelLoader.ModelFile), overwrite: true);
        using var rows = TableReader.Open(Path.Combine(model, "rows.csv"));
        using var expected = TableReader.Open(Path.Combine(model, "expected.csv"));
        var probability = expected.Require("probability");
        new ModelCard
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(model)),
            Inputs = [.. rows.Columns.Select(name => new ModelInput(name, IsText: false))],
            Output = OutputKind.Probability,
        }.Save(output);

        using var golden = TableWriter.Create(
            Path.Combine(output, OnnxModelLoader.GoldenFile), [.. rows.Columns.Select(name => (name, false)), (OnnxModelLoader.GoldenRawColumn, false)]);
        while (rows.Read() && expected.Read())
        {
            for (var i = 0; i < rows.Columns.Count; i++)
            {
                golden.Number(rows.Number(i));
            }

            golden.Number(expected.Number(probability));
            golden.EndRow();
        }

        golden.Complete();
        using var loaded = OnnxModelLoader.LoadFolder(output);
        return 0;
    }
}
