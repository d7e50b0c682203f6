using StreamScoring.Configuration;

namespace StreamScoring.Deployment;

/// <summary>
/// Reads a region's TLS and SASL settings. A secret never stands in the file: it comes from the
/// environment, or from a file of its own.
/// </summary>
internal static class SecurityReader
{
    private const string FromFile = ".file";

    /// <param name="folder">What paths are relative to.</param>
    /// <returns>The settings, secrets included.</returns>
    /// <exception cref="InvalidInputFileException">A setting is none that is taken, a secret stands
    /// in the file, or its file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Read(YamlMap security, string folder)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in security.Keys)
        {
            if (SecurityKeys.Secrets.FirstOrDefault(secret => key == secret + FromFile) is { } fromFile)
            {
                settings[fromFile] = ReadSecret(security, key, folder);
            }
            else if (SecurityKeys.ProblemOf(key) is { } problem)
            {
                throw security.Error(key, problem);
            }
            else if (SecurityKeys.Secrets.Contains(key) && !security.IsFromEnvironment(key))
            {
                throw security.Error(key, $"is a secret and must not stand in the file; write ${{NAME}} and set that environment variable, or name a file under {key}{FromFile}");
            }
            else
            {
                settings[key] = security.Text(key);
                if (SecurityKeys.ProblemOf(key, settings[key]) is { } wrong)
                {
                    throw security.Error(key, wrong);
                }
            }
        }

        return settings;
    }

    /// <summary>A secret in a file of its own.</summary>
    internal static string ReadSecret(YamlMap security, string key, string folder)
    {
        var path = Path.GetFullPath(Path.Combine(folder, security.Text(key)));
        try
        {
            // An editor's last line end is no part of it.
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw security.Error(key, $"names a file that cannot be read: {e.Message}");
        }
    }
}
