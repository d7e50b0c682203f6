using System.Globalization;
using System.Text;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// One change of a registry, by one process at a time. What is read while it lasts is what it
/// changes: of two changes at once the second one is refused, and finds the first one when it is
/// made again.
/// </summary>
public sealed class RegistryEdit : IRoleEdit
{
    private const string NewFolder = "new-", Temporary = ".new";

    private readonly ModelRegistry _registry;
    private readonly FileStream _lock;

    internal RegistryEdit(ModelRegistry registry)
    {
        _registry = registry;
        try
        {
            _lock = new FileStream(registry.LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidInputFileException($"{registry.Folder}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new RegistryBusyException($"{registry.Folder}: somebody else is changing it at this moment, so nothing was changed; look at what they did (scoring models history), and try again", e);
        }

        try
        {
            Written(CleanUp);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>An empty folder in the registry, for a version that is to be added.</summary>
    public string MakeFolder()
    {
        var folder = Path.Combine(_registry.Folder, $"{NewFolder}{Guid.NewGuid():n}");
        Written(() => Directory.CreateDirectory(folder));
        return folder;
    }

    /// <summary>Adds a version whose files lie elsewhere; those stay.</summary>
    /// <inheritdoc cref="Add"/>
    public RegistryAddition AddCopy(ModelReference model, string from, string by, string? why)
    {
        var folder = MakeFolder();
        try
        {
            Written(() => CopyAll(from, folder));
            return Add(model, folder, by, why);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Moves a folder that holds a version into the registry. One that is there and was
    /// damaged is replaced.</summary>
    /// <returns>What was done; the folder stays where the version was there already.</returns>
    /// <exception cref="InvalidInputFileException">The version is there under another name, or the
    /// registry cannot be written.</exception>
    public RegistryAddition Add(ModelReference model, string folder, string by, string? why)
    {
        var same = _registry.Models().Where(entry => entry.Model.Version == model.Version).ToList();
        if (same.FirstOrDefault(entry => entry.Model.Name != model.Name) is { Model: { Name: { } } other })
        {
            throw new InvalidInputFileException($"{_registry.Folder}: the same model is there as {other}; use it by that name");
        }

        var (place, files) = (_registry.FolderOf(model), ModelRegistry.FilesHashOf(folder));
        if (same.Count > 0 && Directory.Exists(place) && ModelRegistry.FilesHashOf(place) == same[0].Event.Files)
        {
            return files == same[0].Event.Files ? RegistryAddition.SameFiles : RegistryAddition.OtherFiles;
        }

        Written(() =>
        {
            if (Directory.Exists(place))
            {
                // Damaged; or somebody was stopped between the two steps below.
                Directory.Delete(place, recursive: true);
            }

            Directory.Move(folder, place);
            Append(new RegistryEvent(Now(), by, why, RegistryEvent.Added, model.ToString(), null, Files: files));
        });
        return same.Count > 0 ? RegistryAddition.Mended : RegistryAddition.New;
    }

    /// <inheritdoc/>
    public void SetRoles(ModelRoles roles, bool isRollback, string by, string? why)
    {
        ArgumentNullException.ThrowIfNull(roles);
        var before = _registry.Roles();
        Written(() =>
        {
            // First all that can fail; then the history: roles without a reason would be worse than
            // a reason without roles, which ModelRegistry.ChampionsBefore passes over.
            var temporary = $"{_registry.RolesPath}{Temporary}";
            File.WriteAllText(temporary, roles.ToText());
            foreach (var change in RoleChanges.Of(before, roles, isRollback, Now(), by, why))
            {
                Append(change);
            }

            File.Move(temporary, _registry.RolesPath, overwrite: true);
        });
    }

    public void Dispose() => _lock.Dispose();

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void CopyAll(string from, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private void Append(RegistryEvent change)
    {
        using var stream = new FileStream(_registry.HistoryPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        // A line that was cut short never was.
        stream.SetLength(bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        stream.Seek(0, SeekOrigin.End);
        stream.Write(Encoding.UTF8.GetBytes(change.ToLine() + "\n"));
        stream.Flush(flushToDisk: true);
    }

    private void Written(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{_registry.Folder} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>What somebody left who was stopped.</summary>
    private void CleanUp()
    {
        foreach (var folder in Directory.EnumerateDirectories(_registry.Folder, NewFolder + "*").ToList())
        {
            Directory.Delete(folder, recursive: true);
        }

        File.Delete($"{_registry.RolesPath}{Temporary}");
    }
}
