using System.Globalization;
using System.Text;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// The models of a deployment whose policy comes from logs: a part of the policy. What it does not
/// name is as the topology's files have it, the champion that is.
/// </summary>
/// <param name="Versions">Those that were published, oldest first.</param>
/// <param name="Before">Champions before the one of now, the last one first.</param>
public sealed record PublishedModels(ModelRoles Roles, IReadOnlyList<PublishedVersion> Versions, IReadOnlyList<ModelReference> Before)
{
    private const string Place = "the published models", OfLog = "log", OfFile = "file";

    /// <summary>Far above what a registry takes.</summary>
    private const long BytesMax = 8L << 30;

    /// <summary>So far a rollback can go back.</summary>
    private const int BeforeMax = 32;

    /// <summary>Whether a role was ever published: then the topology's do not count any more.
    /// </summary>
    public bool HasRoles { get; init; }

    /// <summary>Nothing was published yet.</summary>
    public static PublishedModels None { get; } = new(ModelRoles.None, [], []);

    /// <param name="text">As the control log has it; null: nothing was published.</param>
    /// <exception cref="InvalidInputFileException">It is wrong.</exception>
    public static PublishedModels Read(string? text)
    {
        if (text is null)
        {
            return None;
        }

        var top = YamlFile.Parse(Place, text);
        var models = new PublishedModels(
            ModelRoles.Read(top), [.. top.Maps("versions").Select(ReadVersion)], [.. top.Texts("before").Select(before => ModelReference.Parse(before, Place))])
        {
            HasRoles = top.Choice("roles", OfFile, OfFile, OfLog) == OfLog,
        };
        top.RequireAllRead();
        var named = models.Roles.All.Concat(models.Roles.Aliases.Select(alias => (Role: alias.Key, Model: alias.Value)));
        return named.FirstOrDefault(of => models.Versions.All(version => version.Model != of.Model)) is { Role: { } role } unknown
            ? throw new InvalidInputFileException($"{Place}: {role} is {unknown.Model}, which was not published")
            : models;
    }

    /// <summary>With a version that was published; one of before that is the same is replaced.
    /// </summary>
    public PublishedModels With(PublishedVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return this with { Versions = [.. Versions.Where(other => other.Model != version.Model), version] };
    }

    /// <summary>With other roles.</summary>
    /// <param name="isRollback">Their champion is the one before.</param>
    public PublishedModels With(ModelRoles roles, bool isRollback)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return this with
        {
            Roles = roles,
            HasRoles = true,
            Before = isRollback ? [.. Before.Skip(1)]
                : roles.Champion != Roles.Champion && Roles.Champion is { } champion ? [champion, .. Before.Take(BeforeMax - 1)]
                : Before,
        };
    }

    public string ToText()
    {
        var text = new StringBuilder(Roles.ToText());
        text.Append(CultureInfo.InvariantCulture, $"roles: {(HasRoles ? OfLog : OfFile)}\n");
        if (Before.Count > 0)
        {
            text.Append("before:\n");
            foreach (var before in Before)
            {
                text.Append(CultureInfo.InvariantCulture, $"  - {before}\n");
            }
        }

        text.Append("versions:\n");
        foreach (var version in Versions)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - model: {version.Model}\n    files: {version.Files}\n    bytes: {version.Bytes}\n    offset: {version.Offset}\n");
        }

        return text.ToString();
    }

    private static PublishedVersion ReadVersion(YamlMap map)
    {
        var version = new PublishedVersion(
            ModelReference.Parse(map.Text("model"), Place), map.Text("files"), map.Integer("bytes", 0L, 1, BytesMax), map.Integer("offset", 0L, 0, long.MaxValue));
        map.RequireAllRead();
        return ModelReference.IsVersion(version.Files) ? version : throw map.Error("files", $"is {version.Files}, and no hash");
    }
}
