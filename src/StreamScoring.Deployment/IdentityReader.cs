using StreamScoring.Configuration;
using StreamScoring.Identity;

namespace StreamScoring.Deployment;

/// <summary>
/// Reads the secret by which ids are hashed. It never stands in the file: it comes from the
/// environment, or from a file of its own.
/// </summary>
internal static class IdentityReader
{
    private const string Secret = "secret", SecretFile = "secretFile";

    /// <param name="folder">What paths are relative to.</param>
    /// <returns>By the secret for development where none is given.</returns>
    /// <exception cref="InvalidInputFileException">The secret stands in the file, is given twice,
    /// too short or too long, or its file cannot be read.</exception>
    public static IdentityHash Read(YamlMap identity, string folder)
    {
        var (fromText, fromFile) = (identity.Has(Secret), identity.Has(SecretFile));
        if (fromText && fromFile)
        {
            throw identity.Error(SecretFile, $"stands beside {Secret}; give one of the two");
        }

        if (fromText && !identity.IsFromEnvironment(Secret))
        {
            throw identity.Error(Secret, $"is a secret and must not stand in the file; write ${{NAME}} and set that environment variable, or name a file under {SecretFile}");
        }

        return fromText ? Of(identity, Secret, identity.Text(Secret))
            : fromFile ? Of(identity, SecretFile, SecurityReader.ReadSecret(identity, SecretFile, folder))
            : IdentityHash.Development;
    }

    private static IdentityHash Of(YamlMap identity, string key, string secret)
    {
        try
        {
            return IdentityHash.FromSecret(secret);
        }
        catch (ArgumentException)
        {
            // Of a secret nothing is said but how long it is.
            var bytes = System.Text.Encoding.UTF8.GetByteCount(secret);
            throw identity.Error(key, $"gives a secret of {bytes} bytes; allowed are {IdentityHash.SecretBytesMin}..{IdentityHash.SecretBytesMax}, such as `openssl rand -base64 32` makes");
        }
    }
}
