using System.Globalization;
using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// The highest position seen of each payments log, as far as one partition of decisions was read. A process that was replaced and does not
/// know it yet may write positions again, in order: what is not above the highest is a repeat.
/// </summary>
/// <remarks>
/// As text, it is the metadata of the reader's commit: <c>1 eu/payments/3=991 us/payments/3=12</c>, the version first. Topic names hold
/// neither blanks, slashes nor equals signs; in region names they are escaped.
/// </remarks>
internal sealed class SourcePositions
{
    /// <summary>Brokers take 4096 bytes of metadata by default.</summary>
    private const int TextLengthMax = 4000;

    private const string Version = "1";

    private readonly Dictionary<LogKey, long> _highest = [];

    public int Count => _highest.Count;

    public bool IsRepeated(in DecisionSource source) =>
        _highest.TryGetValue(new LogKey(source.Region, source.Topic, source.Partition), out var highest) && source.Offset <= highest;

    public void Advance(in DecisionSource source) => _highest[new LogKey(source.Region, source.Topic, source.Partition)] = source.Offset;

    /// <summary>
    /// The map as text. Where it is longer than the brokers take, logs are left out: a partition of decisions holds one log per region that was
    /// decided there, so that takes some hundred regions.
    /// </summary>
    public string ToMetadata()
    {
        var text = new StringBuilder(Version);
        foreach (var (log, offset) in _highest)
        {
            var entry = string.Create(CultureInfo.InvariantCulture, $" {Uri.EscapeDataString(log.Region)}/{log.Topic}/{log.Partition}={offset}");
            if (text.Length + entry.Length <= TextLengthMax)
            {
                text.Append(entry);
            }
        }

        return text.ToString();
    }

    /// <summary>Reads the map back. Metadata of another version, or of somebody else, is an empty map; an entry that is none is left out.</summary>
    public static SourcePositions FromMetadata(string? metadata)
    {
        var positions = new SourcePositions();
        var parts = (metadata ?? "").Split(' ');
        if (parts[0] != Version)
        {
            return positions;
        }

        foreach (var part in parts.AsSpan(1))
        {
            var (log, offset) = part.Split('=') is [var left, var right] ? (left.Split('/'), right) : ([], "");
            if (log is [var region, var topic, var partition]
                && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
                && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber))
            {
                positions._highest[new LogKey(Uri.UnescapeDataString(region), topic, partitionNumber)] = offsetNumber;
            }
        }

        return positions;
    }
}
