using System.Globalization;
using System.Text;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>Which version of which model has which role.</summary>
/// <param name="Champion">Decides; null as long as none was promoted.</param>
/// <param name="Shadows">Score every payment beside it and decide nothing.</param>
public sealed record ModelRoles(ModelReference? Champion, IReadOnlyList<ModelReference> Shadows)
{
    public static ModelRoles None { get; } = new(null, []);

    /// <exception cref="InvalidInputFileException">The file is wrong.</exception>
    public static ModelRoles Read(string path)
    {
        if (!File.Exists(path))
        {
            return None;
        }

        var top = YamlFile.Open(path);
        top.Integer("version", 1, 1, 1);
        var roles = new ModelRoles(
            top.OptionalText("champion") is { } champion ? ModelReference.Parse(champion, path) : null,
            [.. top.Texts("shadows").Select(shadow => ModelReference.Parse(shadow, path))]);
        top.RequireAllRead();
        return roles;
    }

    public string ToText()
    {
        var text = new StringBuilder("# Roles of the models in this registry. Change them by scoring models promote, rollback and role, which write down who and why.\nversion: 1\n");
        if (Champion is { } champion)
        {
            text.Append(CultureInfo.InvariantCulture, $"champion: {champion}\n");
        }

        if (Shadows.Count > 0)
        {
            text.Append("shadows:\n");
            foreach (var shadow in Shadows)
            {
                text.Append(CultureInfo.InvariantCulture, $"  - {shadow}\n");
            }
        }

        return text.ToString();
    }
}
