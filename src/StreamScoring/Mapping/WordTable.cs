using System.Text;

namespace StreamScoring.Mapping;

/// <summary>A few words, and what each stands for. Allocates nothing when it is asked.</summary>
/// <param name="words">What is written, and what is meant.</param>
public sealed class WordTable(IEnumerable<KeyValuePair<string, string>> words)
{
    private readonly (byte[] Written, byte[] Meant)[] _words = [.. words.Select(word => (Encoding.UTF8.GetBytes(word.Key), Encoding.UTF8.GetBytes(word.Value)))];

    /// <summary>All that may be written, for messages.</summary>
    public IEnumerable<string> Written => _words.Select(word => Encoding.UTF8.GetString(word.Written));

    /// <param name="text">UTF-8.</param>
    /// <param name="meant">UTF-8: what it stands for, or the text itself.</param>
    /// <returns>Whether it is one of the words.</returns>
    public bool TryFind(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> meant)
    {
        foreach (var (written, word) in _words)
        {
            if (text.SequenceEqual(written))
            {
                meant = word;
                return true;
            }
        }

        meant = text;
        return false;
    }
}
