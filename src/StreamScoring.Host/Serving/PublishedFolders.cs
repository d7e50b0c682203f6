using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Folders of versions that were published, as this machine keeps them: one for each, under its
/// hash. One that is not there, or damaged, is read from the topic of models.
/// </summary>
/// <param name="folder">That all of them lie in; it is made where it is missing.</param>
/// <param name="topic">Of models.</param>
internal sealed class PublishedFolders(string folder, PolicyTopic topic)
{
    private const string Folder = "models", NewFolder = "new-", Archive = "archive.tar";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Versions whose files were looked at, and by which hash.</summary>
    private readonly HashSet<(string Version, string Files)> _seen = [];
    private readonly Lock _gate = new();

    /// <summary>One at a time: two would write the same folder.</summary>
    private readonly Lock _fetching = new();

    /// <summary>Those of a process that decides; null where no log names models.</summary>
    public static PublishedFolders? OfProcess(Topology topology) => KafkaPorts.ModelsOf(topology) is { } topic ? new PublishedFolders(PlaceOf(topology), topic) : null;

    /// <summary>Where a process of the topology keeps them.</summary>
    public static string PlaceOf(Topology topology) => Path.Combine(topology.DataFolder, Folder);

    /// <summary>Where a version lies on this machine.</summary>
    /// <param name="wait">How long a topic that does not answer, or lacks it, is asked
    /// again.</param>
    /// <exception cref="InvalidInputFileException">It cannot be had: the topic does not hold it, or
    /// the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public string FolderOf(PublishedVersion version, ModelWait wait, CancellationToken cancel)
    {
        var place = Path.Combine(folder, version.Model.Hex);
        if (IsSeen(version) && Directory.Exists(place))
        {
            return place;
        }

        var isToldOf = false;
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                lock (_fetching)
                {
                    if (!IsAt(place, version.Files))
                    {
                        Fetch(version, place, cancel);
                    }
                }

                lock (_gate)
                {
                    _seen.Add((version.Model.Version, version.Files));
                }

                return place;
            }
            catch (KafkaFailedException) when (TimeProvider.System.GetElapsedTime(began) < wait.Max && !wait.IsReplaced())
            {
                if (!isToldOf)
                {
                    isToldOf = true;
                    wait.Begins(version.Model);
                }

                cancel.WaitHandle.WaitOne(Pause);
                cancel.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or KafkaFailedException)
            {
                throw new InvalidInputFileException($"{version.Model} cannot be had here: {e.Message}", e);
            }
        }
    }

    /// <summary>Whether the topic still holds all of a version, as it was published.</summary>
    public bool IsThere(PublishedVersion version, CancellationToken cancel)
    {
        var aside = Directory.CreateTempSubdirectory("scoring-models");
        try
        {
            new PublishedFolders(aside.FullName, topic).FolderOf(version, TimeSpan.Zero, cancel);
            return true;
        }
        catch (InvalidInputFileException)
        {
            return false;
        }
        finally
        {
            aside.Delete(recursive: true);
        }
    }

    /// <summary>The folder's archive in slices, each with its key.</summary>
    public static IEnumerable<(byte[]? Key, byte[]? Value)> Slices(string version, Stream archive)
    {
        for (var index = 0; ; index++)
        {
            var slice = new byte[ModelChunk.BytesOf(archive.Length, index)];
            archive.ReadExactly(slice);
            yield return (ModelChunk.KeyOf(version, index), slice);
            if (archive.Position == archive.Length)
            {
                yield break;
            }
        }
    }

    private bool IsSeen(PublishedVersion version)
    {
        lock (_gate)
        {
            return _seen.Contains((version.Model.Version, version.Files));
        }
    }

    private static bool IsAt(string place, string files) => Directory.Exists(place) && ModelRegistry.FilesHashOf(place) == files;

    /// <exception cref="KafkaFailedException">The topic does not answer, or does not hold it.
    /// </exception>
    private void Fetch(PublishedVersion version, string place, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        CleanUp();
        var at = Path.Combine(folder, $"{NewFolder}{Guid.NewGuid():n}");
        try
        {
            // A mirrored topic has other offsets, and one that was made again too; the newest
            // slices are those of the newest archive then.
            if (!TryFetch(version, at, version.Offset, toTheEnd: false, cancel) && !TryFetch(version, at, from: 0, toTheEnd: true, cancel))
            {
                throw new KafkaFailedException($"the topic of models does not hold it as it was published; publish it again: scoring models push {version.Model}");
            }

            Put(at, place, version.Files);
        }
        finally
        {
            if (Directory.Exists(at))
            {
                Directory.Delete(at, recursive: true);
            }
        }
    }

    /// <returns>Whether its files are in the folder, as they were published.</returns>
    private bool TryFetch(PublishedVersion version, string at, long from, bool toTheEnd, CancellationToken cancel)
    {
        if (Directory.Exists(at))
        {
            Directory.Delete(at, recursive: true);
        }

        Directory.CreateDirectory(at);
        using var archive = new FileStream($"{at}.{Archive}", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        if (!TryRead(version, from, toTheEnd, archive, cancel))
        {
            return false;
        }

        archive.Position = 0;
        try
        {
            ModelArchive.Read(archive, at);
        }
        catch (InvalidInputFileException)
        {
            return false;
        }

        return ModelRegistry.FilesHashOf(at) == version.Files;
    }

    /// <summary>Another process of this machine may have been faster.</summary>
    private static void Put(string at, string place, string files)
    {
        if (IsAt(place, files))
        {
            return;
        }

        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }

        try
        {
            Directory.Move(at, place);
        }
        catch (IOException) when (IsAt(place, files))
        {
            // It has just been.
        }
    }

    /// <summary>What processes left that were killed.</summary>
    private void CleanUp()
    {
        var before = DateTime.UtcNow.AddDays(-1);
        foreach (var left in new DirectoryInfo(folder).EnumerateFileSystemInfos(NewFolder + "*").Where(left => left.LastWriteTimeUtc < before).ToList())
        {
            if (left is DirectoryInfo directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                left.Delete();
            }
        }
    }

    /// <param name="toTheEnd">Whether later slices take the place of earlier ones.</param>
    /// <returns>Whether all of it is there.</returns>
    private bool TryRead(PublishedVersion version, long from, bool toTheEnd, FileStream archive, CancellationToken cancel)
    {
        archive.SetLength(version.Bytes);
        var isThere = new bool[ModelChunk.CountOf(version.Bytes)];
        var missing = isThere.Length;
        foreach (var record in topic.ReadAll(cancel, from))
        {
            var index = ModelChunk.IndexIn(record.Key, version.Model.Hex);
            if (index < 0 || index >= isThere.Length || record.Value.Length != ModelChunk.BytesOf(version.Bytes, index))
            {
                continue;
            }

            archive.Position = (long)index * ModelChunk.BytesMax;
            archive.Write(record.Value);
            missing -= isThere[index] ? 0 : 1;
            isThere[index] = true;
            if (missing == 0 && !toTheEnd)
            {
                return true;
            }
        }

        return missing == 0;
    }
}
