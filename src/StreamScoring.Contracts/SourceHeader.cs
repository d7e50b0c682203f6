using System.Globalization;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// The header <c>source</c>: <c>region/topic/partition/offset/topic id</c>, without the last part
/// where no id is known.
/// </summary>
public static class SourceHeader
{
    /// <summary>Of a 64-bit number.</summary>
    public const int OffsetBytesMax = 20;

    /// <summary>All that stands before the offset.</summary>
    public static byte[] Before(string region, string topic, int partition) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{region}/{topic}/{partition}/"));

    /// <summary>All that stands behind the offset.</summary>
    /// <param name="topicId">Null, or empty, where it is not known.</param>
    public static byte[] Behind(string? topicId) => string.IsNullOrEmpty(topicId) ? [] : Encoding.UTF8.GetBytes($"/{topicId}");

    /// <summary>Writes the header.</summary>
    /// <param name="into">Room for all three parts.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Write(Span<byte> into, ReadOnlySpan<byte> before, long offset, ReadOnlySpan<byte> behind)
    {
        before.CopyTo(into);
        if (!offset.TryFormat(into[before.Length..], out var digits, provider: CultureInfo.InvariantCulture))
        {
            throw new ArgumentException($"{into.Length} bytes are too few", nameof(into));
        }

        behind.CopyTo(into[(before.Length + digits)..]);
        return before.Length + digits + behind.Length;
    }

    /// <param name="topicId">Empty where it is not known.</param>
    /// <returns>Null where the bytes are no such header.</returns>
    public static DecisionSource? TryRead(ReadOnlySpan<byte> header, out string topicId)
    {
        // An id may hold slashes: it is the last part.
        var parts = Encoding.UTF8.GetString(header).Split('/', 5);
        topicId = parts.Length == 5 ? parts[4] : "";
        return parts.Length >= 4
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                ? new DecisionSource(parts[0], parts[1], partition, offset)
                : null;
    }
}
