namespace StreamScoring.Configuration;

/// <summary>
/// Held while a list of a folder is changed, so that no change of another process is lost. A file
/// that its holder has open; it is no list, as its name begins with a dot.
/// </summary>
public static class ListFileLock
{
    private const string FileName = ".lock";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until nobody else holds it.</summary>
    /// <exception cref="InvalidInputFileException">Somebody held it for ten seconds, or the folder
    /// cannot be written.</exception>
    public static IDisposable Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path) && System.Diagnostics.Stopwatch.GetElapsedTime(since) < Patience)
            {
                // A file that somebody else has open tells nobody when it is closed.
                Thread.Sleep(Pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputFileException($"{folder}: its lists cannot be changed now: {e.Message}", e);
            }
        }
    }
}
