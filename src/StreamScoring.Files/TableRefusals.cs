using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Files;

/// <summary>
/// Rows of a table that the decoder refused. A few are left out, counted and named: one odd row is
/// no reason to do without a million others, and of long keys some always look like card numbers.
/// Where many rows are refused for one reason, the columns are read wrongly, or the column is one
/// of card numbers: then the table is refused.
/// </summary>
/// <param name="table">Whose rows they are.</param>
public sealed class TableRefusals(PaymentTable table)
{
    /// <summary>
    /// Of whole numbers of 19 digits 2.6 % look like card numbers, of 16 digits 5 %.
    /// </summary>
    private const double ShareMax = 0.1;

    private const int PlacesMax = 10;

    private readonly Dictionary<(string Reason, string? Hint), (long Count, List<string> Places)> _reasons = [];
    private readonly HashSet<(bool IsLabel, long Index)> _leftOut = [];

    private long _labelCount;

    /// <summary>How many records were refused.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a record is left out.</summary>
    /// <param name="isLabel">Whether it is a label.</param>
    /// <param name="index">Its number in order among those of its kind.</param>
    public bool IsLeftOut(bool isLabel, long index) => _leftOut.Contains((isLabel, index));

    /// <summary>What is left out, one sentence a reason.</summary>
    public IEnumerable<string> Notices => _reasons.Select(reason =>
        $"{SentenceOf(reason.Key.Reason, reason.Value)}; {(reason.Value.Count == 1 ? "the row is" : "these rows are")} left out{(reason.Key.Hint is { } hint ? $". {hint}" : "")}");

    /// <summary>Takes the rows of a batch that were refused.</summary>
    /// <param name="batch">Of <see cref="FileLogSource.Logs"/>, offsets being numbers in
    /// order.</param>
    public void Add(PaymentBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (var rowIndex = 0; batch.RejectedCount > 0 && rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Kind[rowIndex] == RowKind.Rejected)
            {
                Add(batch, rowIndex, FileLogSource.Logs.KindOf(batch.LogIndex[rowIndex]) == LogKind.Labels);
            }
        }
    }

    /// <summary>Once all rows are through: refuses the table where it is to be.</summary>
    /// <param name="consequence">What does not happen then, for the message.</param>
    /// <exception cref="InvalidInputFileException">All reasons, with the rows that have
    /// them.</exception>
    public void Require(string? consequence = null)
    {
        var total = table.PaymentCount + (_labelCount > 0 ? table.LabelCount : 0);
        if (!_reasons.Values.Any(reason => reason.Count > ShareMax * total))
        {
            return;
        }

        var mistakes = new InputMistakes();
        foreach (var (reason, rows) in _reasons)
        {
            mistakes.Add($"{SentenceOf(reason.Reason, rows)}{(reason.Hint is { } hint ? $". {hint}" : "")}");
        }

        mistakes.ThrowIfAny($"{Count:N0} of {total:N0} rows would be refused{(consequence is null ? "" : $"; {consequence}")}");
    }

    private static string SentenceOf(string reason, (long Count, List<string> Places) rows) =>
        $"{rows.Places[0]}: {reason}{(rows.Count == 1 ? "" : $", in {rows.Count:N0} rows: {string.Join(", ", rows.Places.Select(RowOf))}{(rows.Count > PlacesMax ? ", …" : "")}")}";

    /// <summary>The file stands in front already.</summary>
    private static string RowOf(string place) => place[(place.LastIndexOfAny([':', ' ']) + 1)..];

    private void Add(PaymentBatch batch, int rowIndex, bool isLabel)
    {
        var (index, rejection) = (batch.Offset[rowIndex], batch.Rejection[rowIndex]);
        _leftOut.Add((isLabel, index));
        if (isLabel && Count > 0 && rejection.Reason == RejectReason.CardNumber)
        {
            // It is that of a payment that is refused for the same reason.
            return;
        }

        Count++;
        _labelCount += isLabel ? 1 : 0;
        (string, string?) key = rejection.Reason == RejectReason.CardNumber && RejectionText.FieldOf(rejection) is { } field
            ? OfCardNumber(field == CardNumberFields.Attributes && !isLabel ? AttributeOf(batch, rowIndex) : field)
            : (RejectionText.Sentence(batch, rowIndex, rejection), HintOf(rejection.Reason));
        var (count, places) = _reasons.TryGetValue(key, out var known) ? known : (0, []);
        if (count < PlacesMax)
        {
            places.Add(isLabel ? table.PlaceOfLabel(index) : table.PlaceOfPayment(index));
        }

        _reasons[key] = (count + 1, places);
    }

    private static (string, string?) OfCardNumber(string field) => ($"{field} holds a card number", RejectionText.CardNumberHint(field));

    private static string? HintOf(RejectReason reason) => reason switch
    {
        RejectReason.TooManyAttributes => "To allow more: --set ingest.attributesMax=1024",
        RejectReason.TextTooLong => "To allow longer texts: --set ingest.textBytesMax=8192",
        _ => null,
    };

    /// <summary>The attribute by its name, where one alone looks like a card number.</summary>
    private static string AttributeOf(PaymentBatch batch, int rowIndex)
    {
        var value = batch.Value(rowIndex);
        if (value.IsEmpty || value[0] == (byte)'{')
        {
            return CardNumberFields.Attributes;
        }

        var attributes = PaymentMessagePack.ReadPayment(value.ToArray()).Attributes;
        var found = attributes?.FirstOrDefault(attribute => attribute.Value is double number ? CardNumber.IsIn(number) : CardNumber.IsIn((string)attribute.Value)).Key;
        return found is null ? CardNumberFields.Attributes : $"{CardNumberFields.Attributes}.{found}";
    }
}
