using System.Globalization;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx.Probing;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>Makes a model folder of a bare file: writes the card and the golden rows that it lacks.
/// </summary>
public static class BareModel
{
    /// <summary>Each load of the model scores them all.</summary>
    private const int GoldenRowsMax = 4096;

    /// <param name="path">The file.</param>
    /// <param name="model">It, loaded.</param>
    /// <param name="name">What decisions call it.</param>
    /// <param name="options">What was said when it was loaded.</param>
    /// <param name="goldenFile">A table of its inputs, and of its outputs as
    /// <c>expected_raw</c> where it has that; null: rows are made up.</param>
    /// <param name="folder">There, and empty.</param>
    /// <param name="assumed">Told what nobody said.</param>
    /// <exception cref="InvalidInputFileException">It does not give what the golden rows say, or no
    /// number for them.</exception>
    public static void WriteFolder(string path, OnnxModel model, string name, ModelLoadOptions options, string? goldenFile, string folder, List<string> assumed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(assumed);
        foreach (var file in model.WeightFiles.Prepend(Path.GetFileName(path)))
        {
            var target = Path.Combine(folder, file == Path.GetFileName(path) ? OnnxModelLoader.ModelFile : file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file), target);
        }

        if (options.Kind is null)
        {
            assumed.Add($"its output is a {model.Calibration.Kind.ToString().ToLowerInvariant()}, by the operator that makes it");
        }

        assumed.Add($"its inputs are {string.Join(", ", model.Inputs.Select(input => input.IsText ? $"{input.Name} (text)" : input.Name))}");
        List<(string, string)> origin = [("file", Path.GetFileName(path)), .. model.Producer.Length > 0 ? [("producer", model.Producer)] : Array.Empty<(string, string)>()];
        new ModelCard { Name = name, Inputs = model.Inputs, Output = model.Calibration.Kind, FraudClass = options.FraudClass, OutputName = options.OutputName, Tensors = model.Tensors, Training = origin }.Save(folder);
        WriteGolden(path, model, goldenFile, Path.Combine(folder, OnnxModelLoader.GoldenFile), assumed);
    }

    private static void WriteGolden(string path, OnnxModel model, string? goldenFile, string target, List<string> assumed)
    {
        var (features, rows) = goldenFile is null ? MadeUp(model) : Given(goldenFile, model);
        var raw = new double[rows.Length];
        using (var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], Math.Max(1, rows.Length)))
        {
            RowIsolation.Score(lane, features, rows, raw, failed: null);
        }

        if (goldenFile is not null && Array.FindIndex(raw, value => !double.IsFinite(value)) is >= 0 and var row)
        {
            throw ModelRefused.Because(goldenFile, string.Create(CultureInfo.InvariantCulture, $"row {row}: the model gives no number ({raw[row]}); golden rows are rows that it knows"));
        }

        var known = Enumerable.Range(0, raw.Length).Where(i => double.IsFinite(raw[i])).ToList();
        if (known.Count == 0)
        {
            throw ModelRefused.Because(path, goldenFile is null
                ? "gives no number for any of the rows that were made up for it; give it rows that it knows: --golden FILE, a table of its inputs"
                : $"has no golden rows: {goldenFile} is empty");
        }

        assumed.Add(goldenFile is null
            ? $"its golden rows are {known.Count} that were made up, with what it gave for them; --golden FILE gives it real ones"
            : $"its golden rows are the {(raw.Length == GoldenRowsMax ? "first " : "")}{known.Count} of {goldenFile}, with what {(HasExpected(goldenFile) ? "that says of them" : "it gave for them")}");
        if (goldenFile is not null && HasExpected(goldenFile))
        {
            GoldenRows.Verify(goldenFile, ScoringTable.Read(goldenFile, model.Inputs), model, "are the rows this model's, and its inputs in their order (--inputs A,B,…)?");
        }

        using var writer = TableWriter.Create(target, [.. model.Inputs.Select(input => (input.Name, input.IsText)), (OnnxModelLoader.GoldenRawColumn, false)]);
        foreach (var i in known)
        {
            for (var input = 0; input < model.Inputs.Count; input++)
            {
                if (model.Inputs[input].IsText)
                {
                    writer.Text(features.TextOf(input)!.Value(features.TextBytes, rows[i]));
                }
                else
                {
                    writer.Number(features.Column(input)[rows[i]]);
                }
            }

            writer.Number(raw[i]);
            writer.EndRow();
        }

        writer.Complete();
    }

    private static bool HasExpected(string goldenFile)
    {
        using var reader = TableReader.Open(goldenFile);
        return reader.IndexOf(OnnxModelLoader.GoldenRawColumn) >= 0;
    }

    private static (FeatureMatrix, int[]) MadeUp(OnnxModel model)
    {
        var rows = ProbeRows.Invented(model.Inputs);
        return (rows.Features, [.. rows.Rows]);
    }

    private static (FeatureMatrix, int[]) Given(string goldenFile, OnnxModel model)
    {
        var table = ScoringTable.Read(goldenFile, model.Inputs, GoldenRowsMax);
        return (table.Features, [.. Enumerable.Range(0, table.RowCount)]);
    }
}
