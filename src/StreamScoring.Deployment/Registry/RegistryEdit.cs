using System.Globalization;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// One change of a registry, by one process at a time. What is read while it lasts is what it
/// changes: of two changes at once the second one is refused, and finds the first one when it is
/// made again.
/// </summary>
public sealed class RegistryEdit : IDisposable
{
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
            throw new InvalidInputFileException($"{registry.Folder}: somebody else is changing it at this moment, so nothing was changed; look at what they did (scoring models history), and try again ({e.Message})", e);
        }
    }

    /// <summary>Moves a folder that holds a version into the registry.</summary>
    /// <returns>False where that version is there already; the folder then stays.</returns>
    /// <exception cref="InvalidInputFileException">The version is there under another
    /// name.</exception>
    public bool Add(ModelReference model, string folder, string by, string? why)
    {
        var same = _registry.Models().Select(entry => entry.Model).Where(other => other.Version == model.Version).ToList();
        if (same.FirstOrDefault(other => other.Name != model.Name) is { Name: { } other })
        {
            throw new InvalidInputFileException($"{_registry.Folder}: the same model is there as {other}@{model.Version}; use it by that name");
        }

        if (same.Count > 0)
        {
            return false;
        }

        var place = _registry.FolderOf(model);
        if (Directory.Exists(place))
        {
            // Somebody was stopped between the two steps below.
            Directory.Delete(place, recursive: true);
        }

        Directory.Move(folder, place);
        Append(new RegistryEvent(Now(), by, why, RegistryEvent.Added, model.ToString(), null));
        return true;
    }

    /// <summary>Puts roles in force, and writes down why.</summary>
    public void SetRoles(ModelRoles roles, string kind, ModelReference model, ModelReference? replaces, string by, string why)
    {
        ArgumentNullException.ThrowIfNull(roles);
        // First the history: roles without a reason would be worse than a reason without roles.
        Append(new RegistryEvent(Now(), by, why, kind, model.ToString(), replaces?.ToString()));
        var temporary = $"{_registry.RolesPath}.{Guid.NewGuid():n}";
        File.WriteAllText(temporary, roles.ToText());
        File.Move(temporary, _registry.RolesPath, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private void Append(RegistryEvent change)
    {
        using var stream = new FileStream(_registry.HistoryPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        stream.Seek(0, SeekOrigin.End);
        // A line that was cut short must not swallow this one.
        var isCut = stream.Length > 0 && LastByte(stream) != '\n';
        using var writer = new StreamWriter(stream);
        writer.Write($"{(isCut ? "\n" : "")}{change.ToLine()}\n");
        writer.Flush();
        stream.Flush(flushToDisk: true);
    }

    private static int LastByte(FileStream stream)
    {
        stream.Seek(-1, SeekOrigin.End);
        return stream.ReadByte();
    }
}
