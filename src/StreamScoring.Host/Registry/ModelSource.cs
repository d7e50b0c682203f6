using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Host.Evaluating;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Registry;

/// <summary>
/// What somebody wants in a registry: a bare file, a folder of MLflow, or a model folder.
/// </summary>
/// <param name="path">It.</param>
/// <param name="choice">A bare file's inputs in order, where somebody said them; else they are as
/// the file, its golden rows or the features say.</param>
/// <param name="golden">Its golden rows, a table; null: those of the folder, or made up.</param>
/// <param name="features">Null: not looked at.</param>
internal sealed class ModelSource(string path, InputChoice choice, string? golden, FeatureFile? features, ModelLoadOptions options)
{
    /// <summary>Copies it into a folder, with what it lacks.</summary>
    /// <param name="folder">There, and empty.</param>
    /// <returns>What nobody said and was assumed.</returns>
    /// <exception cref="InvalidInputFileException">It cannot be served.</exception>
    public IReadOnlyList<string> Write(string name, string folder)
    {
        var assumed = new List<string>();
        if ((Directory.Exists(path) ? MlflowFolder.Find(path) : new MlflowFolder(path, [])) is not { } logged)
        {
            Copy(name, folder);
            return assumed;
        }

        choice.RequireTable(golden, "--golden");
        var chosen = choice.Chosen.Count > 0 ? choice.Chosen : logged.Inputs;
        using var model = OnnxModelLoader.LoadFile(
            logged.ModelFile, chosen.Count > 0 ? chosen : Candidates(logged.ModelFile), options with { Table = golden, AreColumnsChosen = chosen.Count > 0 });
        assumed.AddRange(model.Notices);
        BareModel.WriteFolder(logged.ModelFile, model, name, options, golden, folder, assumed);
        return assumed;
    }

    /// <summary>Columns by which a file's inputs can be found: of a table that has others too,
    /// those that are features.</summary>
    private IReadOnlyList<string> Candidates(string file)
    {
        if (golden is not null)
        {
            List<string> columns = [.. choice.ColumnsOf(golden, told: []).Where(column => column != OnnxModelLoader.GoldenRawColumn)];
            List<string> known = [.. columns.Where(column => features?.Schema.IndexOf(column) >= 0)];
            return known.Count > 0 ? known : columns;
        }

        return OnnxModelLoader.InputsNamedBy(file) is { Count: > 0 } named ? named
            : features?.Schema.Names ?? throw new InvalidInputFileException(
            $"{path}: a bare file does not say which features it takes; name them in its order (--inputs A,B,…), or give a table of them (--golden FILE) or a feature file whose features are its inputs in order (--features FILE)");
    }

    private void Copy(string name, string folder)
    {
        if (choice.SaysAnything || golden is not null || options.Kind is not null || options.OutputName is not null || options.FraudClass is not null)
        {
            throw new InvalidInputFileException($"{path} is a model folder, and its card says what --inputs, --ignore, --columns, --golden, --output-kind, --output-name and --positive-class would; change them there");
        }

        using (var model = OnnxModelLoader.LoadFolder(path, options))
        {
            foreach (var file in new[] { OnnxModelLoader.ModelFile, OnnxModelLoader.GoldenFile }.Concat(model.WeightFiles))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
                File.Copy(Path.Combine(path, file), Path.Combine(folder, file));
            }
        }

        (ModelCard.Load(path) with { Name = name }).Save(folder);
    }
}
