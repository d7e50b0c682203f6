using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>What can be asked of every shelf of models.</summary>
public static class ModelShelves
{
    /// <param name="text"><c>NAME</c>, its newest version; <c>NAME@sha256:…</c>, of which the first
    /// digits are enough; or <c>NAME@ALIAS</c>.</param>
    /// <exception cref="InvalidInputFileException">There is no such version, or several begin
    /// so.</exception>
    public static ModelReference Find(this IModelShelf shelf, string text)
    {
        ArgumentNullException.ThrowIfNull(shelf);
        ArgumentNullException.ThrowIfNull(text);
        var models = shelf.Models().Select(entry => entry.Model).ToList();
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        var ofName = models.Where(model => model.Name == name).ToList();
        if (ofName.Count == 0)
        {
            throw new InvalidInputFileException($"{shelf.Place}: has no model {name}; it has {(models.Count == 0 ? "none yet" : string.Join(", ", models.Select(model => model.Name).Distinct(StringComparer.Ordinal)))}");
        }

        if (at >= 0 && shelf.KnownRoles().Aliases.TryGetValue(text, out var called))
        {
            return called;
        }

        const int DigitsMin = 4;
        if (at >= 0 && (!text[(at + 1)..].StartsWith("sha256:", StringComparison.Ordinal) || text.Length - at - "@sha256:".Length < DigitsMin))
        {
            throw new InvalidInputFileException($"{text} names no version, and is no alias; write {name}@sha256: and at least {DigitsMin} digits, or {name} for its newest");
        }

        var found = at < 0 ? [ofName[^1]] : ofName.Where(model => model.Version.StartsWith(text[(at + 1)..], StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new InvalidInputFileException($"{shelf.Place}: has no version {text}; of {name} it has {string.Join(", ", ofName.Select(model => model.Version))}"),
            _ => throw new InvalidInputFileException($"{shelf.Place}: {found.Count} versions begin with {text}: {string.Join(", ", found.Select(model => model.Version))}; write more digits"),
        };
    }
}
