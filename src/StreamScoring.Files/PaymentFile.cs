using System.Buffers;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Files;

/// <summary>
/// The payments of one table, and the labels that its own column makes, in the order of its rows.
/// Several tables are read side by side.
/// </summary>
/// <param name="number">Of the table, among all.</param>
/// <param name="columns">Null where the table uses the contract's names.</param>
/// <param name="labelsUntilMs">Labels that became known later do not count, ms since the Unix
/// epoch.</param>
internal sealed class PaymentFile(string path, int number, ColumnsFile? columns, IReadOnlyDictionary<string, AttributeUse> attributeUses, long labelsUntilMs, EventChunks chunks)
{
    /// <summary>A table that is read by the wrong columns file is wrong in every row.</summary>
    public const int WrongRowsMax = 10_000;

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly List<UInt128> _ids = [];
    private readonly List<string> _notices = [];

    public EventStore Payments { get; } = new(chunks);

    public EventStore Labels { get; } = new(chunks);

    /// <summary>[payments] Hashes of their ids.</summary>
    public IReadOnlyList<UInt128> Ids => _ids;

    public IReadOnlyList<string> Notices => _notices;

    public InputMistakes Mistakes { get; } = new();

    /// <summary>Where a row stands, for messages; null before the table was opened.</summary>
    public Func<int, string>? PlaceOf { get; private set; }

    public long RowCount { get; private set; }

    /// <summary>Rows of tables up to the end of this one, for ids that are row numbers.</summary>
    public long RowsThrough { get; private set; }

    public long WrongRowCount { get; private set; }

    /// <summary>Rows that do not say whether the payment was fraud, of those that could.</summary>
    public int UnlabelledCount { get; private set; }

    /// <summary>Labels that became known too late.</summary>
    public int LaterCount { get; private set; }

    /// <summary>Rows that could have a label.</summary>
    public int LabelRowCount { get; private set; }

    /// <param name="rowsBefore">Rows of tables before this one, for ids that are row
    /// numbers.</param>
    /// <param name="report">Told of each row.</param>
    public void Read(long rowsBefore, Action report) => Mistakes.Try(() =>
    {
        using var reader = TableReader.Open(path, columns?.Form ?? TableForm.Standard);
        var mapper = new RowMapper(reader, columns ?? ColumnsFile.ForContractNames(reader.Columns), attributeUses, rowsBefore);
        PlaceOf = reader.PlaceOf;
        try
        {
            while (reader.Read() && WrongRowCount < WrongRowsMax)
            {
                Add(mapper, reader.Row);
                report();
            }
        }
        finally
        {
            foreach (var count in mapper.WrongCounts)
            {
                Mistakes.Add(count);
            }
        }

        _notices.AddRange(mapper.Notices);
        RowsThrough = mapper.RowCount;
    });

    private void Add(RowMapper mapper, int row)
    {
        RowCount++;
        long? knownAtMs = null;
        try
        {
            if (!mapper.Read())
            {
                return;
            }

            knownAtMs = mapper.Record.IsFraud is not null && mapper.MakesLabels ? mapper.KnownAtMs() : null;
        }
        catch (InvalidInputFileException e)
        {
            // What is wrong with a row does not hide what is wrong with the next.
            Mistakes.Add(e);
            WrongRowCount++;
            return;
        }

        var record = mapper.Record;
        _buffer.ResetWrittenCount();
        mapper.WritePayment(_buffer);
        var (fraud, isLater) = (record.IsFraud, false);
        if (fraud is not null && labelsUntilMs < long.MaxValue)
        {
            if ((knownAtMs ?? throw new InvalidInputFileException($"{PlaceOf!(row)}: says whether the payment was fraud, and nothing says when that was known; add label_delay to the columns file (docs/columns.md)")) > labelsUntilMs)
            {
                LaterCount++;
                (isLater, fraud, knownAtMs) = (true, null, null);
            }
        }

        Payments.Add(record.EventTimeMs, _buffer.WrittenSpan, number, row, fraud);
        _ids.Add(RepeatedIds.HashOf(record.Text(TextField.PaymentId)));
        if (!mapper.HasLabelColumn)
        {
            return;
        }

        LabelRowCount++;
        if (fraud is null && !isLater)
        {
            UnlabelledCount++;
        }
        else if (knownAtMs is { } labelled)
        {
            _buffer.ResetWrittenCount();
            mapper.WriteLabel(_buffer, labelled);
            Labels.Add(labelled, _buffer.WrittenSpan, number, row, fraud: null);
        }
    }
}
