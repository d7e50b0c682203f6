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
/// <param name="patience">How long brokers that do not answer are asked again.</param>
internal sealed class PublishedFolders(string folder, PolicyTopic topic, TimeSpan patience)
{
    private const string Folder = "models";
    private static readonly TimeSpan ProcessPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const string NewFolder = "new-", Archive = "archive.tar";

    /// <summary>
    /// Versions whose files were looked at, and by which hash. They are loaded from here again and
    /// again.
    /// </summary>
    private readonly HashSet<(string Version, string Files)> _seen = [];
    private readonly Lock _gate = new();

    /// <summary>Those of a process that decides; null where no log names models.</summary>
    public static PublishedFolders? OfProcess(Topology topology) => KafkaPorts.ModelsOf(topology) is { } topic ? new PublishedFolders(PlaceOf(topology), topic, ProcessPatience) : null;

    /// <summary>Where a process of the topology keeps them.</summary>
    public static string PlaceOf(Topology topology) => Path.Combine(topology.DataFolder, Folder);

    /// <summary>Where a version lies on this machine.</summary>
    /// <exception cref="InvalidInputFileException">It cannot be had: the topic does not hold it, or
    /// the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public string FolderOf(PublishedVersion version, CancellationToken cancel)
    {
        var place = Path.Combine(folder, version.Model.Hex);
        // One at a time: two would write the same folder.
        lock (_gate)
        {
            try
            {
                if (!_seen.Contains((version.Model.Version, version.Files)) || !Directory.Exists(place))
                {
                    if (!Directory.Exists(place) || ModelRegistry.FilesHashOf(place) != version.Files)
                    {
                        Fetch(version, place, cancel);
                    }

                    _seen.Add((version.Model.Version, version.Files));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or KafkaFailedException)
            {
                throw new InvalidInputFileException($"{version.Model} cannot be had here: {e.Message}", e);
            }

            return place;
        }
    }

    /// <summary>Whether the topic still holds all of a version.</summary>
    public bool IsThere(PublishedVersion version, CancellationToken cancel)
    {
        using var archive = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        return TryRead(version, version.Offset, archive, cancel);
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

    private void Fetch(PublishedVersion version, string place, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        CleanUp();
        var at = Path.Combine(folder, $"{NewFolder}{Guid.NewGuid():n}");
        try
        {
            Directory.CreateDirectory(at);
            using (var archive = new FileStream(Path.Combine(folder, $"{Path.GetFileName(at)}.{Archive}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose))
            {
                // A mirrored topic has other offsets, and one that was made again too.
                if (!TryReadPatiently(version, version.Offset, archive, cancel) && (version.Offset == 0 || !TryReadPatiently(version, 0, archive, cancel)))
                {
                    throw new InvalidInputFileException($"{version.Model} is not in the topic of models as it was published; publish it again: scoring models push {version.Model}");
                }

                archive.Position = 0;
                ModelArchive.Read(archive, at);
            }

            if (ModelRegistry.FilesHashOf(at) != version.Files)
            {
                throw new InvalidInputFileException($"{version.Model} is in the topic of models with other files than were published; publish it again: scoring models push {version.Model}");
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

    private static void Put(string at, string place, string files)
    {
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }

        try
        {
            Directory.Move(at, place);
        }
        catch (IOException) when (Directory.Exists(place) && ModelRegistry.FilesHashOf(place) == files)
        {
            // Another process of this machine was faster.
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

    /// <inheritdoc cref="TryRead"/>
    private bool TryReadPatiently(PublishedVersion version, long from, FileStream archive, CancellationToken cancel)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return TryRead(version, from, archive, cancel);
            }
            catch (KafkaFailedException) when (TimeProvider.System.GetElapsedTime(began) < patience)
            {
                cancel.WaitHandle.WaitOne(Pause);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    /// <returns>Whether all of it is there.</returns>
    private bool TryRead(PublishedVersion version, long from, FileStream archive, CancellationToken cancel)
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
            if (missing == 0)
            {
                return true;
            }
        }

        return false;
    }
}
