using System.Text;
using NodaTime;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Reads what a columns file says of one field.</summary>
/// <param name="isCommaDecimal">Whether the table's numbers have a decimal comma.</param>
/// <param name="mistakes">Takes what is wrong, so that one mistake does not hide the next.</param>
internal sealed class ColumnMappingReader(bool isCommaDecimal, InputMistakes mistakes)
{
    private static readonly (string Key, decimal UnitMs)[] Origins =
    [
        ("milliseconds_since", 1m), ("seconds_since", 1000m), ("minutes_since", 60_000m), ("hours_since", 3_600_000m), ("days_since", 86_400_000m), ("weeks_since", 604_800_000m),
    ];

    private const string MonthsSince = "months_since";

    private static readonly string[] TimeNames = ["iso8601", "unix_s", "unix_ms", "unix_us", "unix_ns"];

    /// <summary>Words that stand for themselves.</summary>
    public static WordTable WordsOf(IEnumerable<string> words) => new(words.Select(word => KeyValuePair.Create(word, word)));

    /// <param name="map">That holds the field.</param>
    /// <param name="key">Its key there.</param>
    /// <param name="field">Its full name.</param>
    public ColumnMapping Read(YamlMap map, string key, string field)
    {
        var isAttribute = field.StartsWith("attributes.", StringComparison.Ordinal);
        if (map.IsScalar(key) || map.IsList(key))
        {
            return new ColumnMapping { Columns = map.Texts(key), Place = map.PlaceOf(key), Separator = field == "event_time" ? " " : "-", IsCommaDecimal = isCommaDecimal, Amount = AmountReading.Minor with { IsCommaDecimal = isCommaDecimal } };
        }

        var entry = map.OptionalMap(key) ?? throw map.Error(key, "is empty; give a column, or {value: VALUE}");
        var mapping = new ColumnMapping
        {
            Place = map.PlaceOf(key),
            Columns = mistakes.Try(() => entry.Texts("column"), ["?"]),
            Position = mistakes.Try(() => entry.Has("position") ? entry.Integer("position", 1, 1, 100_000) : (int?)null, null),
            DefaultFrom = mistakes.Try(() => entry.OptionalText("default_from"), null),
            Default = mistakes.Try(() => entry.OptionalText("default"), null),
            Separator = mistakes.Try(() => entry.Text("separator", field == "event_time" ? " " : "-"), " "),
            Words = mistakes.Try(() => ReadWords(entry), null),
            Missing = mistakes.Try(() => entry.Texts("missing") is { Count: > 0 } missing ? WordsOf(missing) : null, null),
            IgnoresCardNumbers = mistakes.Try(() => entry.Has("card_numbers") && entry.Choice("card_numbers", "refused", "refused", "ignored") == "ignored", false),
        };
        var value = mistakes.Try(() => entry.OptionalText("value"), null);
        if (value is not null)
        {
            if (mapping.Columns.Count > 0 || mapping.Position is not null || mapping.Default is not null || mapping.DefaultFrom is not null)
            {
                mistakes.Add(entry.Error("value", "is a constant and goes without column, position and default; for rows without a value write default"));
            }

            mapping = mapping with { Default = value };
        }

        mapping = field switch
        {
            "event_time" => mapping with { Time = mistakes.Try(() => ReadTime(entry), TimeReading.Iso) },
            "amount" => mapping with { Amount = ReadAmount(entry) },
            _ => ReadText(entry, mapping, field, isAttribute),
        };
        if (field == "payment_id" && mistakes.Try(() => entry.Flag("row_number", false), false))
        {
            mapping = mapping with { IsRowNumber = true };
        }

        foreach (var unread in entry.Unread())
        {
            mistakes.Add(unread);
        }

        var (isNamed, isPlaced) = (mapping.Columns.Count > 0, mapping.Position is not null);
        return (isNamed ? 1 : 0) + (isPlaced ? 1 : 0) + (mapping.IsRowNumber ? 1 : 0) > 1 ? throw map.Error(key, "has a column twice: give one of column, position and row_number")
            : isNamed || isPlaced || mapping.IsRowNumber || mapping.Default is not null ? mapping
            : throw map.Error(key, $"needs a column or a default{(field == "payment_id" ? ", or {row_number: true}" : "")}");
    }

    private ColumnMapping ReadText(YamlMap entry, ColumnMapping mapping, string field, bool isAttribute)
    {
        var (upper, lower) = (mistakes.Try(() => entry.Flag("upper", false), false), mistakes.Try(() => entry.Flag("lower", false), false));
        if (upper && lower)
        {
            mistakes.Add(entry.Error("lower", "is given beside upper"));
        }

        mapping = mapping with
        {
            Case = upper ? TextCase.Upper : lower ? TextCase.Lower : TextCase.AsWritten,
            Prefix = mistakes.Try(() => entry.Text("prefix", ""), ""),
            IsWhole = mistakes.Try(() => entry.Flag("whole", false), false),
            Token = mistakes.Try(() => ReadToken(entry), null),
            IsCommaDecimal = isCommaDecimal,
        };
        if (field is "currency" or "mcc" && (mapping.Token is not null || mapping.Prefix.Length > 0))
        {
            mistakes.Add(entry.Error(mapping.Token is not null ? "token" : "prefix", $"goes with ids and attributes, and {field} is a code"));
        }

        if (!isAttribute)
        {
            return mapping;
        }

        return mapping with
        {
            Type = mistakes.Try(() => entry.Has("type") ? entry.Choice("type", "", "text", "number") == "number" ? ColumnType.Number : ColumnType.Text : (ColumnType?)null, null)
                ?? (mapping.Token is not null || mapping.Prefix.Length > 0 || mapping.IsWhole || mapping.Case != TextCase.AsWritten || mapping.Columns.Count > 1 ? ColumnType.Text : null),
            IsCommaDecimal = ReadDecimal(entry),
        };
    }

    private bool ReadDecimal(YamlMap entry) =>
        mistakes.Try(() => entry.Choice("decimal", isCommaDecimal ? "," : ".", ".", ",") == ",", false);

    private static WordTable? ReadWords(YamlMap entry) =>
        entry.OptionalMap("words") is not { } words ? null
        : new WordTable(words.Keys.Select(word => KeyValuePair.Create(word, words.Text(word))).ToList());

    private AmountReading ReadAmount(YamlMap entry) => new(
        mistakes.Try(() => entry.Choice("unit", "minor", "minor", "major") == "major", false),
        ReadDecimal(entry),
        mistakes.Try(() => entry.Choice("refund", "refuse", "refuse", "skip", "absolute"), "refuse") switch
        {
            "skip" => RefundRule.Skip,
            "absolute" => RefundRule.Absolute,
            _ => RefundRule.Refuse,
        },
        mistakes.Try(() => entry.Choice("round", "refuse", "refuse", "half_even", "half_up", "down"), "refuse") switch
        {
            "half_even" => RoundingRule.HalfEven,
            "half_up" => RoundingRule.HalfUp,
            "down" => RoundingRule.Down,
            _ => RoundingRule.Refuse,
        });

    private TimeReading ReadTime(YamlMap entry)
    {
        var given = Origins.Select(origin => origin.Key).Append(MonthsSince).Append("format").Where(entry.Has).ToList();
        var zone = mistakes.Try(
            () => entry.OptionalText("zone") is not { } name ? null
                : DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) ?? throw entry.Error("zone", $"is {name}; expected a name of the time zone database, such as Europe/Berlin"),
            null);
        if (given.Count > 1)
        {
            throw entry.Error(given[1], $"stands beside {given[0]}; give one of them");
        }

        if (given is [var since] && since != "format")
        {
            var text = entry.Text(since);
            return zone is not null ? throw entry.Error("zone", $"goes with times that clocks show; {since} may name one itself: 2017-11-30T00:00:00+01:00")
                : !IsoTime.TryParse(text, out var originMs) ? throw entry.Error(since, $"is {text}; expected the time that 0 stands for, such as 2017-11-30 or 2017-11-30T00:00:00Z")
                : since == MonthsSince ? TimeReading.MonthsSince(originMs)
                : TimeReading.Since(originMs, Origins.First(origin => origin.Key == since).UnitMs);
        }

        var format = entry.Text("format", "iso8601");
        if (zone is not null && format.StartsWith("unix_", StringComparison.Ordinal))
        {
            throw entry.Error("zone", $"goes with times that clocks show; {format} counts from 1970 in UTC");
        }

        switch (format)
        {
            case "iso8601":
                return TimeReading.Of(TimeForm.Iso8601, zone);
            case "unix_s":
                return TimeReading.Of(TimeForm.UnixSeconds);
            case "unix_ms":
                return TimeReading.Of(TimeForm.UnixMilliseconds);
            case "unix_us":
                return TimeReading.Of(TimeForm.UnixMicroseconds);
            case "unix_ns":
                return TimeReading.Of(TimeForm.UnixNanoseconds);
        }

        try
        {
            return TimeReading.ByPattern(format, zone);
        }
        catch (FormatException e)
        {
            throw entry.Error(
                "format", $"is {format}; allowed: {string.Join(", ", TimeNames)}, or a pattern such as M/d/yyyy H:mm ({e.Message})"
                + (Nearest.To(format, TimeNames) is { } near ? $"; did you mean {near}?" : ""));
        }
    }

    private static CardToken? ReadToken(YamlMap entry)
    {
        if (!entry.Has("token"))
        {
            return entry.Has("key") ? throw entry.Error("key", "goes with token: hmac-sha256") : null;
        }

        var hasKey = entry.Has("key");
        entry.Choice("token", "", "hmac-sha256");
        if (!hasKey)
        {
            throw entry.Error("token", "needs a key: key: ${CARD_KEY}, and that environment variable");
        }

        if (!entry.IsFromEnvironment("key"))
        {
            throw entry.Error("key", "is a secret and must not stand in the file; write ${NAME} and set that environment variable");
        }

        // Of a secret nothing is said but how long it is.
        var key = Encoding.UTF8.GetBytes(entry.Text("key"));
        return key.Length >= CardToken.KeyBytesMin ? new CardToken(key)
            : throw entry.Error("key", $"is a secret of {key.Length} bytes; give {CardToken.KeyBytesMin} or more, such as `openssl rand -base64 32` makes");
    }
}
