using System.Text;

namespace StreamScoring.Configuration;

/// <summary>Reads files that people write.</summary>
public static class Utf8File
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The whole text. Bytes that are none are not replaced: a text that is compared with
    /// payments would never be theirs.</summary>
    /// <exception cref="InvalidInputFileException">The file is missing or is no UTF-8.</exception>
    public static string ReadAllText(string path)
    {
        try
        {
            return File.ReadAllText(path, Strict);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputFileException($"{path}: holds bytes that are no UTF-8; save it in UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }
}
