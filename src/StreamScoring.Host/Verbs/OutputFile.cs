using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

/// <summary>
/// Looks at where a verb is to write before it works: never over what it reads, nor into a model's
/// folder.
/// </summary>
internal static class OutputFile
{
    /// <param name="output">As given to <c>--output</c>.</param>
    /// <param name="option">That names the output.</param>
    /// <param name="inputs">Files and folders that the verb reads; null where one was not
    /// given.</param>
    /// <exception cref="InvalidInputFileException">
    /// It is none of .csv, .csv.gz and .parquet; or it is an input, also by a link or in another
    /// spelling; or it lies in a folder that is one, or in a model's folder.
    /// </exception>
    public static void RequireTable(string output, IEnumerable<string?> inputs, string option = "--output")
    {
        TableWriter.RequireTableName(output);
        RequireNoInput(output, inputs, option);
        var folder = Path.GetDirectoryName(RealPath.Of(output));
        if (File.Exists(Path.Join(folder, ModelCard.FileName)) && File.Exists(Path.Join(folder, OnnxModelLoader.ModelFile)))
        {
            throw new InvalidInputFileException($"{option} {output} lies in a model's folder, which holds that model's own files alone; name a file elsewhere");
        }
    }

    /// <summary>For a folder that is replaced whole: none of the inputs may lie in it.</summary>
    /// <inheritdoc cref="RequireTable"/>
    public static void RequireFolder(string output, IEnumerable<string?> inputs)
    {
        RequireNoInput(output, inputs);
        foreach (var input in inputs.OfType<string>())
        {
            if (RealPath.IsWithin(input, output))
            {
                throw new InvalidInputFileException($"--output {output} holds {input}, which this verb reads, and would be replaced whole; name another folder");
            }
        }
    }

    /// <inheritdoc cref="RequireTable"/>
    /// <param name="option">That names the output.</param>
    public static void RequireNoInput(string output, IEnumerable<string?> inputs, string option = "--output")
    {
        foreach (var input in inputs.OfType<string>())
        {
            if (RealPath.Of(output) == RealPath.Of(input))
            {
                throw new InvalidInputFileException($"{option} {output} is {input}, which this verb reads and would overwrite; name another file");
            }

            if (Directory.Exists(input) && RealPath.IsWithin(output, input))
            {
                throw new InvalidInputFileException($"{option} {output} lies in {input}, which this verb reads; name a file elsewhere");
            }
        }
    }
}
