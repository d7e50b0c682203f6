using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;

namespace StreamScoring.Host.Tuning;

/// <summary>
/// Writes the recommended file, once it is certain that it says what is recommended.
/// </summary>
internal static class TunedFile
{
    /// <param name="before">The text that it was made from.</param>
    /// <param name="set">The overrides of the sweep: a file may lack what they give.</param>
    /// <exception cref="InvalidInputFileException">The file cannot be written, or the text does not
    /// read as it should; the message has the values.</exception>
    public static void Write(string path, string before, string text, IReadOnlyList<string> set, SweepResult result)
    {
        var values = string.Join(", ", result.Changed.Select(key => $"{key}={result.Best[key]}"));
        // What is overridden cannot be seen in the file.
        IReadOnlyList<string> others = [.. set.Where(assignment => !result.Changed.Contains(assignment.Split('=')[0]))];
        try
        {
            Require(TopologyFile.Parse(path, before, others), TopologyFile.Parse(path, text, others), result);
        }
        catch (InvalidInputFileException e)
        {
            throw new InvalidInputFileException($"the values could not be set in the text of the topology; set them by hand: {values} ({e.Message})", e);
        }

        // Whole or not at all, and under a name that no other file has.
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.partial");
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}; recommended: {values}", e);
        }
        finally
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    private static void Require(Topology before, Topology after, SweepResult result)
    {
        foreach (var key in TopologyKeys.Of(after))
        {
            var wanted = result.Changed.Contains(key.Name) ? result.Best[key.Name] : key.Text(before);
            if (key.Text(after) != wanted)
            {
                throw new InvalidInputFileException($"{key.Name} would be another");
            }
        }
    }
}
