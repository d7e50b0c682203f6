using System.Buffers;
using MessagePack;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Features;

namespace StreamScoring.Files;

/// <summary>
/// The payments and labels of some tables, in the order in which the pipeline is to see them:
/// payments by event time, labels by when they became known, and a label known at the very time of
/// a payment before it.
/// </summary>
public sealed class PaymentTable
{
    /// <summary>A table that is read by the wrong columns file is wrong in every row.</summary>
    private const int WrongRowsMax = 10_000;

    private readonly EventStore _payments = new();
    private readonly EventStore _labels = new();
    private readonly List<Func<int, string>> _placesOf = [];
    private readonly RepeatedIds _repeated = new();
    private readonly List<string> _notices = [];

    /// <summary>Of tables of labels; null where nobody will ask.</summary>
    private readonly FinalLabels? _labelled;
    private readonly InputMistakes _mistakes = new();
    private TimeSpan? _labelDelay;
    private int _unlabelledCount;
    private long _wrongRowCount;
    private long _rowCount;
    private int _laterCount;
    private long _labelsUntilMs = long.MaxValue;
    private int _labelRowCount;

    private PaymentTable(bool keepsFrauds) => _labelled = keepsFrauds ? new FinalLabels() : null;

    public int PaymentCount => _payments.Count;

    public int LabelCount => _labels.Count;

    /// <summary>Fields in which the columns file has card numbers not looked for, as in
    /// <c>ingest.cardNumberFieldsIgnored</c>.</summary>
    public IReadOnlyList<string> CardNumberFieldsIgnored { get; private init; } = [];

    /// <summary>What whoever uses the tables should know of them, one sentence each.</summary>
    public IReadOnlyList<string> Notices => _notices;

    internal EventStore Payments => _payments;

    internal EventStore Labels => _labels;

    /// <param name="paymentFiles">Tables of payments.</param>
    /// <param name="labelFiles">Tables of labels with the contract's names: payment_id, event_time,
    /// known_at, fraud, entity ids.</param>
    /// <param name="columnsFile">Null where the tables use the contract's names.</param>
    /// <param name="keepsFrauds">Whether <see cref="IsFraud"/> will be asked.</param>
    /// <param name="attributeUses">What the features take attributes for
    /// (<see cref="FeatureFile.AttributeUses"/>); null where there are none.</param>
    /// <param name="progress">Told the number of rows read so far, now and then.</param>
    /// <param name="labelsUntilMs">Labels that became known later do not count, ms since the Unix
    /// epoch.</param>
    /// <exception cref="InvalidInputFileException">A file, row or cell is wrong; the message names
    /// it.</exception>
    public static PaymentTable Read(
        IReadOnlyList<string> paymentFiles, IReadOnlyList<string> labelFiles, string? columnsFile, EventOrder order, bool keepsFrauds = false,
        Action<long>? progress = null, IReadOnlyDictionary<string, AttributeUse>? attributeUses = null, long labelsUntilMs = long.MaxValue, CancellationToken cancel = default)
    {
        var columns = columnsFile is null ? null : ColumnsFile.Load(columnsFile);
        var table = new PaymentTable(keepsFrauds) { _labelsUntilMs = labelsUntilMs, _labelDelay = columns?.LabelDelay, CardNumberFieldsIgnored = [.. columns?.CardNumberFieldsIgnored ?? []] };
        var buffer = new ArrayBufferWriter<byte>(4096);
        var rowsBefore = 0L;
        foreach (var path in paymentFiles)
        {
            table._mistakes.Try(() =>
            {
                using var reader = TableReader.Open(path, columns?.Form ?? TableForm.Standard);
                var mapper = new RowMapper(reader, columns ?? ColumnsFile.ForContractNames(reader.Columns), attributeUses ?? new Dictionary<string, AttributeUse>(), rowsBefore);
                table._placesOf.Add(reader.PlaceOf);
                try
                {
                    while (reader.Read() && table._wrongRowCount < WrongRowsMax)
                    {
                        table.Add(mapper, reader.Row, buffer);
                        Report(table, progress, cancel);
                    }
                }
                finally
                {
                    foreach (var count in mapper.WrongCounts)
                    {
                        table._mistakes.Add(count);
                    }
                }

                table._notices.AddRange(mapper.Notices);
                rowsBefore = mapper.RowCount;
            });
        }

        foreach (var path in labelFiles)
        {
            table._mistakes.Try(() => table.AddLabels(path, buffer, progress, cancel));
        }

        table.RequireNoMistakes();
        if (order == EventOrder.EventTime)
        {
            table._payments.Sort();
        }
        else
        {
            table._payments.KeepOrder();
        }

        table._labels.Sort();
        table.NoteWhole();
        return table;
    }

    /// <summary>The payment's final label: its row's, or one of a table of labels where that became
    /// known later; null where nobody knows.</summary>
    /// <param name="index">Its number in order.</param>
    /// <param name="id">UTF-8.</param>
    public bool? IsFraud(long index, ReadOnlySpan<byte> id, long eventTimeMs)
    {
        var own = _payments.Fraud((int)index);
        if (_labelled!.Of(id, eventTimeMs) is not { } labelled || (labelled.EventTimeMs != eventTimeMs && _repeated.HasRow(id, labelled.EventTimeMs)))
        {
            return own;
        }

        // When the row's own became known is not said where there is no delay; then a label that
        // says it holds.
        var ownKnownAtMs = own is not null && _labelDelay is { } delay ? eventTimeMs + (long)delay.TotalMilliseconds : long.MinValue;
        return ownKnownAtMs == labelled.KnownAtMs ? own!.Value || labelled.Fraud : ownKnownAtMs > labelled.KnownAtMs ? own : labelled.Fraud;
    }

    /// <summary>Whether another row has the payment's id.</summary>
    /// <param name="id">UTF-8.</param>
    public bool IsRepeated(ReadOnlySpan<byte> id) => _repeated.Contains(id);

    /// <summary>Where the payment stands in its file, for messages.</summary>
    /// <param name="index">Its number in order.</param>
    public string PlaceOfPayment(long index) => PlaceOf(_payments, index);

    /// <inheritdoc cref="PlaceOfPayment"/>
    public string PlaceOfLabel(long index) => PlaceOf(_labels, index);

    /// <summary>
    /// All records in order: whether it is a label, what it is ordered by, its wire form.
    /// </summary>
    public IEnumerable<(bool IsLabel, long OrderMs, ReadOnlyMemory<byte> Value)> InOrder()
    {
        var (payment, label) = (0, 0);
        while (payment < _payments.Count || label < _labels.Count)
        {
            var isLabel = label < _labels.Count && (payment == _payments.Count || _labels.OrderMs(label) <= _payments.OrderMs(payment));
            yield return isLabel ? (true, _labels.OrderMs(label), _labels.Value(label)) : (false, _payments.OrderMs(payment), _payments.Value(payment));
            (payment, label) = isLabel ? (payment, label + 1) : (payment + 1, label);
        }
    }

    private void AddLabels(string path, ArrayBufferWriter<byte> buffer, Action<long>? progress, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        var mapper = new LabelRowMapper(reader);
        _placesOf.Add(reader.PlaceOf);
        while (reader.Read() && _wrongRowCount < WrongRowsMax)
        {
            _labelRowCount++;
            _rowCount++;
            Report(this, progress, cancel);
            Label? label;
            try
            {
                label = mapper.Read();
            }
            catch (InvalidInputFileException e)
            {
                AddWrongRow(e);
                continue;
            }

            if (label is null)
            {
                _unlabelledCount++;
            }
            else if (label.KnownAtMs > _labelsUntilMs)
            {
                _laterCount++;
            }
            else
            {
                _labelled?.Add(label);
                Add(label, reader.Row, buffer);
            }
        }
    }

    /// <summary>What is wrong with a row does not hide what is wrong with the next.</summary>
    private void AddWrongRow(InvalidInputFileException mistake)
    {
        _mistakes.Add(mistake);
        _wrongRowCount++;
    }

    private void RequireNoMistakes() =>
        _mistakes.ThrowIfAny(_wrongRowCount <= 1 ? null
            : $"{_wrongRowCount:N0} of {_rowCount:N0} rows are wrong{(_wrongRowCount >= WrongRowsMax ? "; reading stopped here" : "")}");

    private static void Report(PaymentTable table, Action<long>? progress, CancellationToken cancel)
    {
        if (((table._payments.Count + table._labels.Count) & 0xffff) == 0)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke(table._payments.Count);
        }
    }

    private string PlaceOf(EventStore events, long index)
    {
        var (file, row) = events.Origin((int)index);
        return _placesOf[file](row);
    }

    private void Add(RowMapper mapper, int row, ArrayBufferWriter<byte> buffer)
    {
        _rowCount++;
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
            AddWrongRow(e);
            return;
        }

        var record = mapper.Record;
        buffer.ResetWrittenCount();
        mapper.WritePayment(buffer);
        var (fraud, isLater) = (record.IsFraud, false);
        if (fraud is not null && _labelsUntilMs < long.MaxValue)
        {
            if ((knownAtMs ?? throw new InvalidInputFileException($"{_placesOf[^1](row)}: says whether the payment was fraud, and nothing says when that was known; add label_delay to the columns file (docs/columns.md)")) > _labelsUntilMs)
            {
                _laterCount++;
                (isLater, fraud, knownAtMs) = (true, null, null);
            }
        }

        _payments.Add(record.EventTimeMs, buffer.WrittenSpan, _placesOf.Count - 1, row, fraud);
        _repeated.Add(record.Text(TextField.PaymentId), record.EventTimeMs, row, _placesOf[^1]);
        if (!mapper.HasLabelColumn)
        {
            return;
        }

        _labelRowCount++;
        if (fraud is null && !isLater)
        {
            _unlabelledCount++;
        }
        else if (knownAtMs is { } labelled)
        {
            buffer.ResetWrittenCount();
            mapper.WriteLabel(buffer, labelled);
            _labels.Add(labelled, buffer.WrittenSpan, _placesOf.Count - 1, row, fraud: null);
        }
    }

    private void Add(Label label, int row, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, label);
        writer.Flush();
        _labels.Add(label.KnownAtMs, buffer.WrittenSpan, _placesOf.Count - 1, row, fraud: null);
    }

    private void NoteWhole()
    {
        _repeated.Close();
        if (_repeated.Notice is { } repeated)
        {
            _notices.Add(repeated);
        }

        if (_laterCount > 0)
        {
            _notices.Add($"{_laterCount:N0} labels became known later, and do not count");
        }

        if (_unlabelledCount > 0)
        {
            _notices.Add($"{_unlabelledCount:N0} of {_labelRowCount:N0} rows do not say whether the payment was fraud: no label is made of them");
        }
    }
}
