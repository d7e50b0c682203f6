using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// A folder of models: one folder for each version, which never changes, under the version's hash;
/// <c>roles.yaml</c>, which is replaced whole; and <c>history.jsonl</c>, to which each change is
/// added. The history also says which version belongs to which name.
/// </summary>
public sealed class ModelRegistry : IModelShelf
{
    private const string HistoryFile = "history.jsonl", ModelsFolder = "models", LockFile = "lock";

    private ModelRegistry(string folder) => Folder = folder;

    public string Folder { get; }

    /// <inheritdoc/>
    public string Place => Folder;

    /// <inheritdoc/>
    public string TakenWhen => "within two looks at roles.yaml";

    /// <inheritdoc/>
    public string? ChampionOtherwise => null;

    /// <summary>The file of roles, which running processes look at.</summary>
    public string RolesPath => RolesPathOf(Folder);

    internal string HistoryPath => Path.Combine(Folder, HistoryFile);

    internal string LockPath => Path.Combine(Folder, LockFile);

    public static string RolesPathOf(string folder) => Path.Combine(folder, "roles.yaml");

    /// <exception cref="InvalidInputFileException">There is none.</exception>
    public static ModelRegistry Open(string folder) => Directory.Exists(Path.Combine(folder, ModelsFolder)) ? new ModelRegistry(folder)
        : throw new InvalidInputFileException($"{folder} is no registry of models; scoring models add --registry {folder} --model MODEL --name NAME makes one");

    /// <summary>Opens it, and makes it where there is nothing.</summary>
    /// <exception cref="InvalidInputFileException">It cannot be made, or something else lies
    /// there.</exception>
    public static ModelRegistry OpenOrMake(string folder)
    {
        RequireRoom(folder);
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, ModelsFolder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{folder}: {e.Message}", e);
        }

        return new ModelRegistry(folder);
    }

    /// <summary>Looks whether a registry is there or could be made, and makes nothing.</summary>
    /// <exception cref="InvalidInputFileException">Something else lies there.</exception>
    public static void RequireRoom(string folder)
    {
        if (File.Exists(folder))
        {
            throw new InvalidInputFileException($"{folder} is a file and no registry of models; name an empty folder, or one that is not there yet");
        }

        if (Directory.Exists(folder) && !Directory.Exists(Path.Combine(folder, ModelsFolder)) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new InvalidInputFileException($"{folder} holds other files and is no registry of models; name an empty folder, or one that is not there yet");
        }
    }

    /// <inheritdoc/>
    public string FolderOf(ModelReference model) => Path.Combine(Folder, ModelsFolder, model.Hex);

    /// <remarks>
    /// A version may be gone: whoever mends that, or takes the role from it, must not be kept from
    /// it.
    /// </remarks>
    /// <exception cref="InvalidInputFileException">The file is wrong.</exception>
    public ModelRoles Roles() => ModelRoles.Read(RolesPath);

    /// <summary>
    /// For whoever serves them: all that may decide are there. A shadow need not be.
    /// </summary>
    /// <exception cref="InvalidInputFileException">The file is wrong, or names a version that is
    /// not in the registry.</exception>
    public ModelRoles ServedRoles()
    {
        var roles = Roles();
        return roles.All.FirstOrDefault(of => of.Role != "shadow" && !Directory.Exists(FolderOf(of.Model))) is { Role: { } role, Model: var model }
            ? throw new InvalidInputFileException($"{RolesPath}: names {model} as {role}, which is not in the registry; add it again (scoring models add), or give the role to another version")
            : roles;
    }

    /// <inheritdoc/>
    public ModelRoles KnownRoles()
    {
        var (roles, known) = (Roles(), Models().Select(entry => entry.Model).ToHashSet());
        foreach (var (_, model) in roles.All.Where(of => !known.Contains(of.Model)))
        {
            throw new InvalidInputFileException($"{RolesPath}: names {model}, which {HistoryPath} does not know; one of the two was changed by hand or lost");
        }

        return roles;
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegistryEvent> History()
    {
        var changes = new List<RegistryEvent>();
        var text = File.Exists(HistoryPath) ? File.ReadAllText(HistoryPath) : "";
        // What stands behind the last line break was cut short while it was written: it never was.
        foreach (var (line, i) in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((line, i) => (line, i)))
        {
            changes.Add(RegistryEvent.Read(line) ?? throw new InvalidInputFileException($"{HistoryPath}: line {i + 1} is no change of a registry; it was damaged. Restore the file from a copy, or mend the line: versions and roles follow from it"));
        }

        return changes;
    }

    /// <inheritdoc/>
    public IReadOnlyList<(ModelReference Model, RegistryEvent Event)> Models() =>
        [.. History().Where(change => change.Kind == RegistryEvent.Added).GroupBy(change => change.Hash, StringComparer.Ordinal)
            .Select(of => (ModelReference.Parse(of.Key, HistoryPath), of.Last()))];

    /// <inheritdoc/>
    /// <remarks>
    /// A change that was written down and never came into force does not count.
    /// </remarks>
    public IReadOnlyList<ModelReference> ChampionsBefore()
    {
        var now = KnownRoles().Champion?.ToString() ?? throw new InvalidInputFileException($"{Folder}: has no champion; promote a version");
        var changes = History().Where(change => change.Kind is RegistryEvent.Champion or RegistryEvent.Rollback).ToList();
        var champions = new Stack<string>();
        for (var i = 0; i < changes.Count; i++)
        {
            // The next one says what it found; the last one is in force, unless what it replaced
            // still is. Else somebody wrote the roles by hand after it.
            var isInForce = i + 1 < changes.Count ? changes[i + 1].Replaces == changes[i].Hash : now == changes[i].Hash || now != changes[i].Replaces;
            if (!isInForce)
            {
                continue;
            }

            if (changes[i].Kind == RegistryEvent.Champion)
            {
                champions.Push(changes[i].Hash);
            }
            else
            {
                champions.TryPop(out _);
            }
        }

        if (champions.TryPeek(out var top) && top == now)
        {
            champions.Pop();
        }

        return [.. champions.Select(before => ModelReference.Parse(before, HistoryPath))];
    }

    /// <returns>A hash of all files of a version: names, sizes and content.</returns>
    public static string FilesHashOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, file));
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{file}\0{bytes.Length}\0")));
            hash.AppendData(bytes);
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Begins a change. Nobody else can change the registry until it is disposed of.
    /// </summary>
    /// <exception cref="RegistryBusyException">Somebody else is changing it.</exception>
    public RegistryEdit Edit() => new(this);

    /// <inheritdoc/>
    public string? ProblemOf(ModelReference model, bool isThorough)
    {
        var folder = FolderOf(model);
        return !Directory.Exists(folder) ? $"its folder {folder} is gone; add it again"
            : Models().First(entry => entry.Model == model).Event.Files is { } files && FilesHashOf(folder) != files ? "its files were changed; add it again"
            : null;
    }

    /// <inheritdoc/>
    public IRoleEdit EditRoles() => Edit();
}
