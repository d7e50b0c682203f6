using Microsoft.Extensions.Logging;
using StreamScoring.Deployment;
using StreamScoring.Quality;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What a process holds of the quality of its decisions, and the file in which it outlives the
/// process. Of the files of a data folder a process takes one that no other has: its own by its
/// instance, else the first one that is free. So no payment is held twice, and what a process left
/// behind another goes on with.
/// </summary>
internal sealed class QualityStore : IDisposable
{
    /// <summary>Processes of one data folder that have no instance.</summary>
    private const int ProcessesMax = 64;

    private const byte Ended = 0, Runs = 1;

    private readonly ILogger _logger;
    private readonly string _folder;

    /// <summary>Held as long as the process runs; says whether the one before ended well. Null
    /// where nothing is kept.</summary>
    private FileStream? _lock;
    private string _name = "";

    private QualityStore(QualityWatch watch, string folder, ILogger logger) => (Watch, _folder, _logger) = (watch, folder, logger);

    public QualityWatch Watch { get; }

    private SnapshotFolder Files => new(_folder);

    /// <returns>Null where the topology wants none.</returns>
    public static QualityStore? Open(Topology topology, EngineMeter meter, ILogger logger)
    {
        if (topology.Quality is null)
        {
            return null;
        }

        var watch = new QualityWatch(meter, topology.Quality, $"{topology.Region} {topology.Group} {topology.Identity.Fingerprint}", TimeProvider.System, logger);
        var store = new QualityStore(watch, Path.Combine(topology.DataFolder, "quality"), logger);
        if (topology.Snapshots.Interval > TimeSpan.Zero)
        {
            store.GoOn(topology);
        }

        return store;
    }

    /// <summary>
    /// Writes what is held. From any thread; where it cannot be written that is said, and the file
    /// before stays.
    /// </summary>
    public void Save()
    {
        if (_lock is null)
        {
            return;
        }

        try
        {
            Watch.Save(Files, _name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.QualityNotWritten(_folder, e.Message);
        }
    }

    /// <summary>Nothing is decided any more: what is held is written, and said to be all.</summary>
    public void End()
    {
        if (_lock is null)
        {
            return;
        }

        try
        {
            Watch.Save(Files, _name);
            Mark(Ended);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.QualityNotWritten(_folder, e.Message);
        }
    }

    public void Dispose()
    {
        Watch.Dispose();
        _lock?.Dispose();
    }

    private void GoOn(Topology topology)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            var instance = topology.Membership.Instance;
            (_lock, _name) = (instance.Length > 0 ? [instance] : Enumerable.Range(0, ProcessesMax).Select(number => $"{number}")).Select(process => $"{topology.Region}-{process}")
                .Select(name => (Lock: TryLock(Path.Combine(_folder, $"{name}.lock")), Name: name)).FirstOrDefault(file => file.Lock is not null);
            if (_lock is null)
            {
                _logger.QualityNotWritten(_folder, instance.Length > 0 ? $"another process has the file of instance {instance}" : $"{ProcessesMax} processes have a file there");
                return;
            }

            var hasEnded = _lock.ReadByte() != Runs;
            if (Files.List().Contains(_name) && Watch.Restore(Files, _name, hasEnded) is { } refusal)
            {
                _logger.QualityBegunAnew(Path.Combine(_folder, _name), refusal);
            }

            Mark(Runs);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.QualityNotWritten(_folder, e.Message);
        }
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException)
        {
            // Another process has it.
            return null;
        }
    }

    private void Mark(byte state)
    {
        _lock!.Position = 0;
        _lock.WriteByte(state);
        _lock.Flush(flushToDisk: true);
    }
}
