using StreamScoring.Configuration;

namespace StreamScoring.Files;

/// <summary>
/// A folder that a verb writes: beside its place under another name, and moved there once it is
/// complete. What lies in its place is
/// replaced only where it holds nothing but files that the verb writes.
/// </summary>
public sealed class OutputFolder : IDisposable
{
    private readonly string _path;
    private readonly string _place;
    private readonly IReadOnlyCollection<string> _files;

    private OutputFolder(string path, string place, IReadOnlyCollection<string> files)
    {
        (_path, _place, _files) = (path, place, files);
        TemporaryPath = Beside(place, "partial");
        Directory.CreateDirectory(TemporaryPath);
    }

    /// <summary>Where its files are to be written.</summary>
    public string TemporaryPath { get; }

    /// <param name="files">Names of all files that the verb writes.</param>
    /// <exception cref="InvalidInputFileException">It cannot be written there, or something else
    /// lies there.</exception>
    public static OutputFolder Create(string path, IReadOnlyCollection<string> files)
    {
        try
        {
            // What a link names is replaced, not the link.
            var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            place = Directory.Exists(place) ? Directory.ResolveLinkTarget(place, returnFinalTarget: true)?.FullName ?? place : place;
            RequireOwn(path, place, files);
            return new OutputFolder(path, place, files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Puts the folder in its place.</summary>
    /// <exception cref="InvalidInputFileException">Something else lies there by now, or what lies
    /// there cannot be moved.</exception>
    public void Complete()
    {
        try
        {
            if (!Directory.Exists(_place))
            {
                Directory.Move(TemporaryPath, _place);
                return;
            }

            var before = Beside(_place, "before");
            Directory.Move(_place, before);
            try
            {
                // Only now does nobody put anything into it any more.
                RequireOwn(_path, before, _files);
                Directory.Move(TemporaryPath, _place);
            }
            catch
            {
                Directory.Move(before, _place);
                throw;
            }

            Directory.Delete(before, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{_path} cannot be replaced: {e.Message}; name a new folder", e);
        }
    }

    /// <summary>Without <see cref="Complete"/> nothing stays.</summary>
    public void Dispose()
    {
        if (Directory.Exists(TemporaryPath))
        {
            Directory.Delete(TemporaryPath, recursive: true);
        }
    }

    private static void RequireOwn(string path, string place, IReadOnlyCollection<string> files)
    {
        if (File.Exists(place))
        {
            throw new InvalidInputFileException($"{path} is a file; name a folder");
        }

        if (Directory.Exists(place)
            && Directory.EnumerateFileSystemEntries(place).FirstOrDefault(entry => Directory.Exists(entry) || !files.Contains(Path.GetFileName(entry))) is { } other)
        {
            throw new InvalidInputFileException(
                $"{path} holds {Path.GetFileName(other)}, which is not of this verb, and it replaces the whole folder; name a new folder, or one that holds nothing but {string.Join(", ", files)}");
        }
    }

    /// <summary>A name that is free, in the same folder: only there is moving it one
    /// step.</summary>
    private static string Beside(string place, string extension)
    {
        var folder = Path.GetDirectoryName(place) ?? throw new IOException("it is the root of the file system");
        return Enumerable.Range(0, int.MaxValue).Select(i => Path.Combine(folder, $".{Path.GetFileName(place)}.{Environment.ProcessId}-{i}.{extension}"))
            .First(free => !Path.Exists(free));
    }
}
