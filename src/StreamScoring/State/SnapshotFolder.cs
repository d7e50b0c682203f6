namespace StreamScoring.State;

/// <summary>
/// A folder of snapshots, shared by any number of processes. It is made where it is missing.
/// </summary>
public sealed class SnapshotFolder(string folder) : ISnapshotStore
{
    private const string Extension = ".snapshot", Partial = ".partial";

    public IReadOnlyList<string> List() =>
        Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*" + Extension).Select(path => Path.GetFileNameWithoutExtension(path)!)] : [];

    public Stream Open(string name) => new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20);

    public void Write(string name, Action<Stream> write)
    {
        Directory.CreateDirectory(folder);
        RemoveTorn();
        var path = PathOf(name);
        try
        {
            using (var stream = new FileStream(path + Partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(path + Partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(path + Partial);
            throw;
        }
    }

    public void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>
    /// What a process that was killed had begun to write. One that is being written is locked by
    /// its writer.
    /// </summary>
    private void RemoveTorn()
    {
        foreach (var path in Directory.GetFiles(folder, "*" + Partial))
        {
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None);
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process writes it.
            }
        }
    }

    private string PathOf(string name) => Path.Combine(folder, name + Extension);
}
