using System.Globalization;
using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// The highest position seen of each payments log, as far as one partition of decisions was read. A
/// process that was replaced and does not know it yet may write positions again, in order: what is
/// not above the highest is a repeat. A topic that was deleted and made again has another id, and
/// logs of its own.
/// </summary>
/// <remarks>
/// As text, it is the metadata of the reader's commit: <c>1
/// eu/payments/3/8zUj1u7mQRy6XcX0kQ4u4A=991 us/payments/3=12</c>, the version first; without an id
/// where the decisions name none. Topic names hold neither blanks, slashes nor equals signs; in
/// region names they are escaped. An id is base64 for URLs: it holds none of them either.
/// </remarks>
internal sealed class SourcePositions
{
    /// <summary>Brokers take 4096 bytes of metadata by default.</summary>
    private const int TextLengthMax = 4000;

    /// <summary>
    /// Ids that are kept of a topic: the newest, and that of a former owner that still writes.
    /// </summary>
    private const int IdsMax = 3;

    private const string Version = "1";

    /// <summary>In the order in which logs were first seen.</summary>
    private readonly OrderedDictionary<LogKey, long> _highest = [];

    public int Count => _highest.Count;

    /// <param name="topicId">Of the source's topic; empty where it is not known.</param>
    public bool IsRepeated(in DecisionSource source, string topicId = "") => source.Offset <= Highest(source, topicId);

    /// <returns>-1 where none was seen.</returns>
    public long Highest(in DecisionSource source, string topicId = "") => _highest.TryGetValue(KeyOf(source, topicId), out var highest) ? highest : -1;

    public void Advance(in DecisionSource source, string topicId = "")
    {
        var key = KeyOf(source, topicId);
        if (!_highest.ContainsKey(key))
        {
            ForgetFormer(key);
        }

        _highest[key] = source.Offset;
    }

    /// <summary>
    /// The map as text. Where it is longer than the brokers take, logs are left out: a partition of
    /// decisions holds one log per region that was decided there, so that takes some hundred
    /// regions.
    /// </summary>
    public string ToMetadata()
    {
        var text = new StringBuilder(Version);
        foreach (var (log, offset) in _highest)
        {
            var id = log.TopicId.Length > 0 ? "/" + log.TopicId : "";
            var entry = string.Create(CultureInfo.InvariantCulture, $" {Uri.EscapeDataString(log.Region)}/{log.Topic}/{log.Partition}{id}={offset}");
            if (text.Length + entry.Length <= TextLengthMax)
            {
                text.Append(entry);
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// Reads the map back. Metadata of another version, or of somebody else, is an empty map; an
    /// entry that is none is left out.
    /// </summary>
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
            if (log is [var region, var topic, var partition, .. { Length: <= 1 } id]
                && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
                && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber))
            {
                positions._highest[new LogKey(Uri.UnescapeDataString(region), topic, partitionNumber, id is [var topicId] ? topicId : "")] = offsetNumber;
            }
        }

        return positions;
    }

    private static LogKey KeyOf(in DecisionSource source, string topicId) => new(source.Region, source.Topic, source.Partition, topicId);

    private void ForgetFormer(LogKey added)
    {
        var sameLog = _highest.Keys.Where(key => key with { TopicId = "" } == added with { TopicId = "" }).ToList();
        if (sameLog.Count >= IdsMax)
        {
            _highest.Remove(sameLog[0]);
        }
    }
}
