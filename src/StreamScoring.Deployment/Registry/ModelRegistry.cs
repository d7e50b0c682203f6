using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// A folder of models: one folder for each version, which never changes, under the version's hash;
/// <c>roles.yaml</c>, which is replaced whole; and <c>history.jsonl</c>, to which each change is
/// added. The history also says which version belongs to which name.
/// </summary>
public sealed class ModelRegistry
{
    private const string HistoryFile = "history.jsonl", ModelsFolder = "models", LockFile = "lock";

    private ModelRegistry(string folder) => Folder = folder;

    public string Folder { get; }

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
        if (Directory.Exists(folder) && !Directory.Exists(Path.Combine(folder, ModelsFolder)) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new InvalidInputFileException($"{folder} holds other files and is no registry of models; name an empty folder, or one that is not there yet");
        }

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

    /// <summary>Where a version lies.</summary>
    public string FolderOf(ModelReference model) => Path.Combine(Folder, ModelsFolder, model.Hex);

    /// <exception cref="InvalidInputFileException">The file is wrong, or names a version that is
    /// not in the registry.</exception>
    public ModelRoles Roles()
    {
        var roles = ModelRoles.Read(RolesPath);
        foreach (var model in roles.Shadows.Concat(roles.Champion is { } champion ? [champion] : []))
        {
            if (!Directory.Exists(FolderOf(model)))
            {
                throw new InvalidInputFileException($"{RolesPath}: names {model}, which is not in the registry");
            }
        }

        return roles;
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<RegistryEvent> History() => File.Exists(HistoryPath) ? [.. File.ReadLines(HistoryPath).Select(RegistryEvent.Read).OfType<RegistryEvent>()] : [];

    /// <summary>Every version, in the order in which they came.</summary>
    public IReadOnlyList<(ModelReference Model, RegistryEvent Event)> Models() =>
        [.. History().Where(change => change.Kind == RegistryEvent.Added).Select(change => (ModelReference.Parse(change.Hash, HistoryPath), change))];

    /// <param name="text"><c>NAME</c>, its newest version, or <c>NAME@sha256:…</c>, of which the
    /// first digits are enough.</param>
    /// <exception cref="InvalidInputFileException">There is no such version, or several begin
    /// so.</exception>
    public ModelReference Find(string text)
    {
        var models = Models().Select(entry => entry.Model).ToList();
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        var ofName = models.Where(model => model.Name == name).ToList();
        if (ofName.Count == 0)
        {
            throw new InvalidInputFileException($"{Folder}: has no model {name}; it has {(models.Count == 0 ? "none yet" : string.Join(", ", models.Select(model => model.Name).Distinct(StringComparer.Ordinal)))}");
        }

        var found = at < 0 ? [ofName[^1]] : ofName.Where(model => model.Version.StartsWith(text[(at + 1)..], StringComparison.Ordinal)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new InvalidInputFileException($"{Folder}: has no version {text}; of {name} it has {string.Join(", ", ofName.Select(model => model.Version))}"),
            _ => throw new InvalidInputFileException($"{Folder}: {found.Count} versions begin with {text}: {string.Join(", ", found.Select(model => model.Version))}; write more digits"),
        };
    }

    /// <summary>Begins a change. Nobody else can change the registry until it is disposed of.
    /// </summary>
    /// <exception cref="InvalidInputFileException">Somebody else is changing it.</exception>
    public RegistryEdit Edit() => new(this);
}
