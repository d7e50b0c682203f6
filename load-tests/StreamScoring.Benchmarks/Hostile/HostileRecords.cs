using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StreamScoring.Benchmarks.Hostile;

/// <summary>
/// What a publisher with a wrong clock, a bug, or bad intent puts on a payments topic.
/// </summary>
/// <param name="kinds">Which kinds to draw from, of <see cref="Kinds"/>.</param>
internal sealed class HostileRecords(int seed, IReadOnlyList<string> kinds)
{
    public static readonly IReadOnlyList<string> Kinds = ["clock", "work", "identity", "card"];

    /// <summary>
    /// Records of about this size cost the most that a limit of 64 KiB lets through.
    /// </summary>
    private const int LongText = 40 * 1024;

    private const long HourMs = 3_600_000, YearMs = 365 * 24 * HourMs;

    private readonly Random _random = new(seed);
    private readonly List<string> _numbers = [];
    private int _next;

    /// <summary>The card numbers that stand in the records so far.</summary>
    public IReadOnlyList<string> Numbers => _numbers;

    /// <returns>The kind, its key, value, and the timestamp to stamp it with, ms since the Unix
    /// epoch.</returns>
    public (string Kind, byte[]? Key, byte[] Value, long TimestampMs) Draw(long nowMs)
    {
        var id = $"h{seed}-{_next++}";
        return kinds[_random.Next(kinds.Count)] switch
        {
            "clock" => Clock(id, nowMs),
            "work" => Work(id, nowMs),
            "identity" => Identity(nowMs),
            "card" => Card(id, nowMs),
            var other => throw new ArgumentException($"no kind of hostile records: {other}; there are {string.Join(", ", Kinds)}"),
        };
    }

    private (string, byte[]?, byte[], long) Clock(string id, long nowMs)
    {
        var (eventMs, stampedMs) = _random.Next(6) switch
        {
            0 => (nowMs, nowMs + (59 * 60_000)),
            1 => (nowMs + (16 * 60_000), nowMs + (16 * 60_000)),
            2 => (nowMs, nowMs + (10 * YearMs)),
            3 => (nowMs + YearMs, nowMs),
            4 => (nowMs / 1000, nowMs),
            _ => (nowMs * 1000, nowMs),
        };
        return ("clock", Key(id), Json(Payment(id, eventMs)), stampedMs);
    }

    private (string, byte[]?, byte[], long) Work(string id, long nowMs)
    {
        var payment = Payment(id, nowMs);
        switch (_random.Next(5))
        {
            case 0:
                payment["note"] = new string('a', LongText);
                break;
            case 1:
                payment["attributes"] = new JsonObject { ["note"] = string.Concat(Enumerable.Repeat("4a", LongText / 2)) };
                break;
            case 2:
                return ("work", Key(id), Encoding.UTF8.GetBytes($$"""{"payment_id":"{{id}}","x":{{new string('[', 20_000)}}"""), nowMs);
            case 3:
                payment["groups"] = new JsonArray([.. Enumerable.Range(0, 8_000).Select(group => (JsonNode)group)]);
                break;
            default:
                // One terminal and one customer that all hostile payments hit: the hottest keys of
                // the run.
                break;
        }

        return ("work", Key(id), Json(payment), nowMs);
    }

    /// <summary>Ids that come again with other content, a few hundred payments each.</summary>
    private (string, byte[]?, byte[], long) Identity(long nowMs)
    {
        var payment = Payment($"again{seed}-{_random.Next(20)}", nowMs);
        payment["amount_minor"] = _random.NextInt64(1, 9_999_999_900);
        payment["customer_id"] = $"victim-{_random.Next(50)}";
        return ("identity", Key("again"), Json(payment), nowMs);
    }

    private (string, byte[]?, byte[], long) Card(string id, long nowMs)
    {
        var number = CardNumbers.Draw(_random);
        _numbers.Add(number);
        var text = CardNumbers.Disguise(number, _random);
        var payment = Payment(id, nowMs);
        switch (_random.Next(8))
        {
            case 0:
                payment["payment_id"] = text;
                return ("card", Encoding.UTF8.GetBytes(text), Json(payment), nowMs);
            case 1:
                payment["customer_id"] = text;
                return ("card", Key(id), Json(payment), nowMs);
            case 2:
                payment["attributes"] = new JsonObject { ["note"] = text };
                payment["currency"] = "XXX";
                return ("card", Key(id), Json(payment), nowMs);
            case 3:
                return ("card", Key(id), Encoding.Unicode.GetBytes($$"""{"payment_id":"{{id}}","card_id":"{{number}}"}"""), nowMs);
            case 4:
                return ("card", Key(id), Encoding.BigEndianUnicode.GetBytes(number), nowMs);
            case 5:
                // Packed decimal, two digits a byte.
                return ("card", Convert.FromHexString(number), [0x93, .. Convert.FromHexString(number)], nowMs);
            case 6:
                payment["unknown"] = new JsonObject { ["pan"] = new JsonArray([.. number.Chunk(4).Select(group => (JsonNode)new string(group))]) };
                payment["currency"] = "";
                return ("card", Key(id), Json(payment), nowMs);
            default:
                return ("card", Key(number), Encoding.UTF8.GetBytes(number + "," + text), nowMs);
        }
    }

    private JsonObject Payment(string id, long eventMs) => new()
    {
        ["payment_id"] = id,
        ["event_time"] = eventMs,
        ["amount_minor"] = _random.Next(1, 100_000),
        ["currency"] = "EUR",
        ["customer_id"] = $"hostile-{_random.Next(4)}",
        ["terminal_id"] = "hostile",
    };

    private static byte[] Key(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Json(JsonObject payment) => JsonSerializer.SerializeToUtf8Bytes(payment);
}
