using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Files;

/// <summary>
/// Proposes a columns file for a table, from the names of its columns and from what stands in them.
/// It is a start: what is a guess is said beside it.
/// </summary>
public sealed class ColumnsProposal
{
    private const int RowsMax = 10_000;

    private static readonly string[] LabelKeys = ["isfraud", "fraud", "txfraud", "class", "fraudbool", "fraudlabel", "fraudreported", "islaundering", "label", "target", "chargeback", "isfraudulent", "y"];
    private static readonly string[] IdKeys = ["paymentid", "transactionid", "transid", "transnum", "txid", "tid", "trxid", "transactionnumber", "orderid", "id", "uuid"];
    private static readonly string[] AmountKeys = ["amount", "amt", "transactionamt", "transactionamount", "txamount", "amountpaid", "amountminor", "purchasevalue", "value", "price", "total"];
    private static readonly string[] TimeKeys = ["eventtime", "timestamp", "transdatetranstime", "txdatetime", "transactiontime", "transactiondate", "datetime", "purchasetime", "created", "createdat", "date", "unixtime", "time", "transactiondt", "step"];
    private static readonly string[] CurrencyKeys = ["currency", "ccy", "currencycode", "paymentcurrency", "transactioncurrency"];
    private static readonly string[] PersonKeys = ["first", "firstname", "last", "lastname", "name", "fullname", "street", "address", "dob", "dateofbirth", "birthdate", "email", "phone", "phonenumber", "ssn"];

    private static readonly (string Field, string[] Keys)[] TextKeys =
    [
        ("card_id", ["cardid", "ccnum", "cardnumber", "cardno", "pan", "creditcardnumber", "cardtoken", "cardfingerprint", "fingerprint", "card", "card1"]),
        ("customer_id", ["customerid", "customer", "cust", "userid", "user", "clientid", "client", "nameorig", "accountid", "account", "sender", "payerid"]),
        ("merchant_id", ["merchantid", "merchant", "merchantname", "namedest", "payee", "shopid", "recipient", "sellerid", "account1"]),
        ("terminal_id", ["terminalid", "terminal", "posid"]),
        ("mcc", ["mcc", "merchantcategorycode"]),
        ("merchant_country", ["merchantcountry"]),
        ("card_country", ["cardcountry", "issuercountry", "bincountry"]),
        ("ip_country", ["ipcountry"]),
        ("ip", ["ip", "ipaddress", "clientip"]),
        ("device_id", ["deviceid", "devicefingerprint"]),
        ("email_hash", ["emailhash"]),
        ("channel", ["channel", "entrymode"]),
    ];

    private readonly string _path;
    private readonly TableForm _form;
    private readonly List<SampledColumn> _columns;
    private readonly List<string> _lines = [];
    private readonly HashSet<SampledColumn> _used = [];

    private ColumnsProposal(string path, TableForm form, List<SampledColumn> columns) => (_path, _form, _columns) = (path, form, columns);

    /// <summary>The file's text.</summary>
    public static string Of(string path, CancellationToken cancel = default)
    {
        var form = FormOf(path);
        using var reader = TableReader.Open(path, form);
        var columns = reader.Columns.Select(name => new SampledColumn(name)).ToList();
        var rows = 0;
        while (rows < RowsMax && reader.Read())
        {
            cancel.ThrowIfCancellationRequested();
            rows++;
            for (var i = 0; i < columns.Count; i++)
            {
                columns[i].Add(reader.Text(i));
            }
        }

        return rows > 0 ? new ColumnsProposal(path, form, columns).Write(rows) : throw new InvalidInputFileException($"{path}: the table has no rows; a file is proposed from what stands in them");
    }

    private string Write(int rows)
    {
        var label = Find(LabelKeys, column => column.IsLabel) ?? _columns.Find(column => column.IsLabel && column.Key.Contains("fraud", StringComparison.Ordinal));
        Use(label);
        var isComma = _columns.Exists(column => column.IsCommaNumber);
        _lines.Add($"# Proposed from {rows:N0} rows of {Path.GetFileName(_path)}. Read it, then: scoring columns check FILE --sample TABLE");
        _lines.Add("version: 1");
        if (_form != TableForm.Standard || isComma)
        {
            List<string> form = [];
            if (_form.Delimiter != ',')
            {
                form.Add($"delimiter: {(_form.Delimiter == '\t' ? "tab" : $"\"{_form.Delimiter}\"")}");
            }

            if (_form.Quote != '"')
            {
                form.Add($"quote: \"{_form.Quote}\"");
            }

            if (isComma)
            {
                form.Add("decimal: \",\"");
            }

            _lines.Add($"table: {{{string.Join(", ", form)}}}");
        }

        _lines.Add("columns:");
        WriteId();
        WriteTime();
        WriteAmount(isComma);
        WriteTexts();
        var people = _columns.Where(column => !_used.Contains(column) && PersonKeys.Contains(column.Key)).ToList();
        people.ForEach(column => Use(column));
        var left = _columns.Where(column => !_used.Contains(column) && !column.Name.StartsWith("Unnamed: ", StringComparison.Ordinal)).ToList();
        if (left.Exists(column => column.CardShare > 0.1))
        {
            foreach (var column in left.Where(column => column.CardShare > 0.1))
            {
                Use(column);
                Add($"attributes.{TableSources.AttributeNameOf(column.Name)}", $"{{column: {Quoted(column.Name)}, token: hmac-sha256, key: \"${{CARD_KEY}}\"}}", "it holds card numbers");
            }
        }

        if (left.Count > 0)
        {
            Add("attributes", "\"*\"", left.Count > 64 ? $"all {left.Count} columns that are left: --set ingest.attributesMax={Math.Min(left.Count, 1024)}" : "all columns that are left");
        }

        if (people.Count > 0)
        {
            _lines.Add($"ignore: [{string.Join(", ", people.Select(column => Quoted(column.Name)))}]   # they tell who people are");
        }

        if (label is not null)
        {
            _lines.Add($"label: {Quoted(label.Name)}");
            _lines.Add("label_delay: 7d          # a guess: when it becomes known; leave it out where no feature looks at labels");
        }

        return string.Join('\n', _lines) + "\n";
    }

    private void WriteTime()
    {
        if (Find(["year"], column => column.IsWhole) is { } year && Find(["month"], column => column.IsWhole) is { } month && Find(["day"], column => column.IsWhole) is { } day)
        {
            var clock = Find(["time", "hour"], column => column.Values.First().Contains(':', StringComparison.Ordinal));
            Use(year, month, day, clock);
            var seconds = clock?.Values.First().Count(character => character == ':') == 2;
            Add("event_time", $"{{column: [{string.Join(", ", new[] { year, month, day, clock }.OfType<SampledColumn>().Select(column => Quoted(column.Name)))}], format: yyyy M d{(clock is null ? "" : seconds ? " H:mm:ss" : " H:mm")}}}");
            return;
        }

        var times = _columns.Where(column => !_used.Contains(column) && (column.IsTime || column.Pattern is not null) && !column.Key.Contains("birth", StringComparison.Ordinal) && column.Key != "dob").ToList();
        if (times.OrderBy(column => Array.IndexOf(TimeKeys, column.Key) is >= 0 and var at ? at : TimeKeys.Length).FirstOrDefault() is { } time && !(time.IsNumber && time.Pattern is null))
        {
            Use(time);
            var clock = time.IsTime && time.Values.First().Length == 10 || time.Pattern is { } dates && !dates.Contains(':', StringComparison.Ordinal)
                ? Find(["time", "clock", "timeofday"], column => column.Values.First() is var first && first.Contains(':', StringComparison.Ordinal) && first.Length is >= 4 and <= 12) : null;
            Use(clock);
            if (clock is not null)
            {
                var form = $"{time.Pattern ?? "yyyy-MM-dd"} {(clock.Values.First().Count(character => character == ':') == 2 ? "H:mm:ss" : "H:mm")}";
                Add("event_time", $"{{column: [{Quoted(time.Name)}, {Quoted(clock.Name)}], format: \"{form}\"}}");
                return;
            }

            Add("event_time", time.IsTime ? Quoted(time.Name) : $"{{column: {Quoted(time.Name)}, format: \"{time.Pattern}\"}}", IsAmbiguous(time) ? "a guess: which of the first two numbers is the day" : null);
            return;
        }

        if (Find([.. TimeKeys, "month", "day", "hour"], column => column.IsNumber) is { } number)
        {
            Use(number);
            var (form, isGuess) = number.Max switch
            {
                >= 1e18m => ("format: unix_ns", false),
                >= 1e15m => ("format: unix_us", false),
                >= 1e11m => ("format: unix_ms", false),
                >= 5e8m => ("format: unix_s", false),
                _ => (number.Key switch { "step" => "hours_since", "month" => "months_since", "day" => "days_since", "hour" => "hours_since", _ => "seconds_since" } + ": 2020-01-01", true),
            };
            Add("event_time", $"{{column: {Quoted(number.Name)}, {form}}}", isGuess ? "a guess: the unit and the day on which it is 0" : null);
            return;
        }

        Add("event_time", "{value: 2020-01-01}", "no column holds times; features of windows then see one moment");
    }

    private static bool IsAmbiguous(SampledColumn time) =>
        time.Pattern is { } pattern && pattern.StartsWith("M/d", StringComparison.Ordinal) && time.Values.All(value => int.TryParse(value.Split('/')[1], CultureInfo.InvariantCulture, out var day) && day <= 12);

    private void WriteAmount(bool isComma)
    {
        var amount = Find(AmountKeys, column => column.IsNumber || column.IsCommaNumber)
            ?? _columns.Find(column => !_used.Contains(column) && (column.IsNumber || column.IsCommaNumber) && column.NegativeShare < 0.2 && column.Key.Contains("amount", StringComparison.Ordinal));
        Use(amount);
        if (amount is null)
        {
            Add("amount", "{value: 0}", "no column looks like an amount; name one: {column: NAME, unit: major}");
        }
        else
        {
            var isMinor = amount.Key.Contains("minor", StringComparison.Ordinal) || amount.Key.Contains("cents", StringComparison.Ordinal);
            var extra = (amount.DecimalsMax > 2 ? ", round: half_even" : "") + (amount.Min < 0 ? ", refund: skip" : "");
            Add("amount", $"{{column: {Quoted(amount.Name)}, unit: {(isMinor ? "minor" : "major")}{extra}}}", amount.Min < 0 ? "rows below 0 are left out; or absolute" : !isMinor && amount.DecimalsMax == 0 && !isComma ? "a guess: minor, if these are cents" : null);
        }

        if (Find(CurrencyKeys, column => column.IsCurrency) is { } currency)
        {
            Use(currency);
            Add("currency", Quoted(currency.Name));
            return;
        }

        if (Find(CurrencyKeys, column => column.DistinctCount <= 200) is { } words)
        {
            Use(words);
            _lines.Add("  currency:                # say the code of each word");
            _lines.Add($"    column: {Quoted(words.Name)}");
            _lines.Add("    words:");
            foreach (var word in words.Values.Where(word => !CardNumber.IsIn(word)))
            {
                _lines.Add($"      {Quoted(word)}: {CurrencyNames.CodeOf(word) ?? "XXX"}");
            }

            return;
        }

        var mark = amount?.Values.FirstOrDefault() is { } first ? CurrencyNames.OfMark(first) : null;
        Add("currency", $"{{value: {mark ?? "EUR"}}}", mark is null ? "a guess: no column says" : "by the mark of the amounts");
    }

    private void WriteId()
    {
        var id = Find(IdKeys, column => column.IsDistinct && column.CardShare == 0);
        Use(id);
        Add("payment_id", id is null ? "{row_number: true}" : Quoted(id.Name), id is null ? "no column is different in every row; with several tables give each a prefix" : null);
    }

    private void WriteTexts()
    {
        var hasEntity = false;
        foreach (var (field, keys) in TextKeys)
        {
            var column = field is "merchant_country" or "card_country" or "ip_country" ? Find(keys, column => column.Values.All(value => value.Length == 2)) : Find(keys, column => column.Count > 0);
            if (column is null)
            {
                continue;
            }

            Use(column);
            hasEntity |= TextFields.EntityIds.Any(entity => TextFields.NameOf(entity) == field);
            // A few numbers are those of the cards of one user, not cards.
            var owner = field == "card_id" && column.IsWhole && column.DistinctCount < 20 ? Find(["user", "userid", "customerid", "customer"], one => one.DistinctCount > 0) : null;
            if (owner is not null)
            {
                Add(field, $"{{column: [{Quoted(owner.Name)}, {Quoted(column.Name)}]}}", "a card is one of its owner's");
            }
            else if (column.Key.StartsWith("account", StringComparison.Ordinal) && _columns.IndexOf(column) is > 0 and var at && _columns[at - 1] is var bank
                && bank.Key.EndsWith("bank", StringComparison.Ordinal) && !_used.Contains(bank))
            {
                Use(bank);
                Add(field, $"{{column: [{Quoted(bank.Name)}, {Quoted(column.Name)}]}}", "an account is one of its bank's");
            }
            else if (column.CardShare > 0.1)
            {
                Add(field, $"{{column: {Quoted(column.Name)}, token: hmac-sha256, key: \"${{CARD_KEY}}\"}}", "card numbers: export CARD_KEY=\"$(openssl rand -base64 32)\", and keep it");
            }
            else if (column.CardShare > 0 || (column.IsWhole && Math.Max(Math.Abs(column.Max), Math.Abs(column.Min)) > 1e15m))
            {
                Add(field, $"{{column: {Quoted(column.Name)}, card_numbers: ignored}}", "long keys, of which some look like card numbers");
            }
            else
            {
                Add(field, Quoted(column.Name));
            }
        }

        if (!hasEntity)
        {
            Add("customer_id", "{value: all}", "no column looks like an id of a card, customer or merchant");
        }
    }

    private SampledColumn? Find(string[] keys, Func<SampledColumn, bool> fits) =>
        keys.Select(key => _columns.Find(column => column.Key == key && !_used.Contains(column) && column.Count > 0 && fits(column))).FirstOrDefault(found => found is not null);

    private void Use(params ReadOnlySpan<SampledColumn?> columns)
    {
        foreach (var column in columns)
        {
            if (column is not null)
            {
                _used.Add(column);
            }
        }
    }

    private void Add(string field, string mapping, string? comment = null)
    {
        var line = $"  {field}: {mapping}";
        _lines.Add(comment is null ? line : $"{line}   # {comment}");
    }

    /// <summary>As YAML takes it: in quotes, unless it is a plain word.</summary>
    private static string Quoted(string name) =>
        name.Length > 0 && char.IsLetter(name[0]) && name.All(character => char.IsLetterOrDigit(character) || character is '_' or '.' or ' ' or '-') && !name.EndsWith(' ')
            && !new[] { "true", "false", "null", "yes", "no", "on", "off", "y", "n" }.Contains(name.ToLowerInvariant())
            ? name
            : JsonSerializer.Serialize(name, Plain);

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What cuts the header into most cells, and what stands around texts.</summary>
    private static TableForm FormOf(string path)
    {
        if (path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) || JsonLinesTableReader.IsNamed(path))
        {
            return TableForm.Standard;
        }

        var lines = new List<string>();
        try
        {
            using Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new WholeGzipStream(file) : file, Encoding.UTF8);
            while (lines.Count < 20 && reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }

        var header = lines.FirstOrDefault() ?? "";
        var delimiter = ",;\t|".MaxBy(character => header.Count(one => one == character));
        var rows = lines.Skip(1).ToList();
        var isSingle = rows.Count > 0 && rows.TrueForAll(line => !line.Contains('"', StringComparison.Ordinal)
            && line.Split(delimiter).Any(cell => cell.Length >= 2 && cell[0] == '\'' && cell[^1] == '\''));
        return delimiter == ',' && !isSingle ? TableForm.Standard : new TableForm(delimiter, isSingle ? '\'' : '"');
    }
}
