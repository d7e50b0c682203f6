using System.Buffers;
using System.Runtime.ExceptionServices;
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
    private readonly EventStore _payments;
    private readonly EventStore _labels;

    /// <summary>By table: those of payments, then those of labels.</summary>
    private readonly Func<int, string>?[] _placesOf;
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
    private int _fileCount;

    private PaymentTable(bool keepsFrauds, int fileCount, EventChunks chunks) =>
        (_labelled, _placesOf, _payments, _labels) = (keepsFrauds ? new FinalLabels() : null, new Func<int, string>?[fileCount], new EventStore(chunks), new EventStore(chunks));

    public int PaymentCount => _payments.Count;

    public int LabelCount => _labels.Count;

    /// <summary>What the first and the last record are ordered by, ms since the Unix epoch; null
    /// where there are none.</summary>
    public (long FirstMs, long LastMs)? Span
    {
        get
        {
            List<(long FirstMs, long LastMs)> spans = [.. new[] { _payments, _labels }.Where(events => events.Count > 0).Select(events => (events.OrderMs(0), events.OrderMs(events.Count - 1)))];
            return spans.Count == 0 ? null : (spans.Min(span => span.FirstMs), spans.Max(span => span.LastMs));
        }
    }

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
        ArgumentNullException.ThrowIfNull(paymentFiles);
        ArgumentNullException.ThrowIfNull(labelFiles);
        var (columns, chunks) = (columnsFile is null ? null : ColumnsFile.Load(columnsFile), new EventChunks());
        var table = new PaymentTable(keepsFrauds, paymentFiles.Count + labelFiles.Count, chunks)
        {
            _labelsUntilMs = labelsUntilMs,
            _labelDelay = columns?.LabelDelay,
            CardNumberFieldsIgnored = [.. columns?.CardNumberFieldsIgnored ?? []],
        };
        var uses = attributeUses ?? new Dictionary<string, AttributeUse>();
        List<PaymentFile> files = [.. paymentFiles.Select((path, number) => new PaymentFile(path, number, columns, uses, labelsUntilMs, chunks))];
        var report = new ReadReport(progress, cancel);
        var ofLabels = new InputMistakes();
        List<Action> reads = [() => table.AddLabels(labelFiles, paymentFiles.Count, ofLabels, report)];
        if (columns?.Fields.Values.Any(mapping => mapping.IsRowNumber) == true)
        {
            // Ids that are row numbers go on from one table to the next.
            reads.Add(() =>
            {
                var rowsBefore = 0L;
                foreach (var file in files)
                {
                    file.Read(rowsBefore, report.Row);
                    rowsBefore = file.RowsThrough;
                }
            });
        }
        else
        {
            reads.AddRange(files.Select(file => (Action)(() => file.Read(rowsBefore: 0, report.Row))));
        }

        RunSideBySide(reads);
        foreach (var file in files)
        {
            table.Append(file);
        }

        table._mistakes.Add(ofLabels);
        table.RequireNoMistakes();
        table._repeated.Close(table._payments.OrderMs, row => table.PlaceOf(table._payments, row));
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

    /// <summary>
    /// Puts payments in another order, as if they had arrived in it. Labels stay in their places by
    /// event time, as with <see cref="EventOrder.File"/>.
    /// </summary>
    /// <param name="order">[payments] Their numbers in the order of now; each once.</param>
    public void Reorder(IReadOnlyList<int> order) => _payments.Reorder(order);

    /// <exception cref="OperationCanceledException">It was given up.</exception>
    private static void RunSideBySide(List<Action> reads)
    {
        try
        {
            Parallel.Invoke(new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, [.. reads]);
        }
        catch (AggregateException e)
        {
            // All of them are given up by the same token; another failure goes before that.
            ExceptionDispatchInfo.Throw(e.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException) ?? e.InnerExceptions[0]);
        }
    }

    private void Append(PaymentFile file)
    {
        _placesOf[_fileCount++] = file.PlaceOf;
        _payments.Append(file.Payments);
        _labels.Append(file.Labels);
        _repeated.Add(file.Ids);
        _notices.AddRange(file.Notices);
        _mistakes.Add(file.Mistakes);
        _rowCount += file.RowCount;
        _wrongRowCount += file.WrongRowCount;
        _unlabelledCount += file.UnlabelledCount;
        _laterCount += file.LaterCount;
        _labelRowCount += file.LabelRowCount;
    }

    private void AddLabels(IReadOnlyList<string> paths, int firstNumber, InputMistakes mistakes, ReadReport report)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        for (var i = 0; i < paths.Count; i++)
        {
            var (path, number) = (paths[i], firstNumber + i);
            mistakes.Try(() => AddLabels(path, number, buffer, mistakes, report));
        }
    }

    private void AddLabels(string path, int number, ArrayBufferWriter<byte> buffer, InputMistakes mistakes, ReadReport report)
    {
        using var reader = TableReader.Open(path);
        var mapper = new LabelRowMapper(reader);
        _placesOf[number] = reader.PlaceOf;
        while (reader.Read() && _wrongRowCount < PaymentFile.WrongRowsMax)
        {
            _labelRowCount++;
            _rowCount++;
            report.Row();
            Label? label;
            try
            {
                label = mapper.Read();
            }
            catch (InvalidInputFileException e)
            {
                mistakes.Add(e);
                _wrongRowCount++;
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
                Add(label, number, reader.Row, buffer);
            }
        }
    }

    private void RequireNoMistakes() =>
        _mistakes.ThrowIfAny(_wrongRowCount <= 1 ? null
            : $"{_wrongRowCount:N0} of {_rowCount:N0} rows are wrong{(_wrongRowCount >= PaymentFile.WrongRowsMax ? "; reading stopped here" : "")}");

    private string PlaceOf(EventStore events, long index)
    {
        var (file, row) = events.Origin((int)index);
        return _placesOf[file]!(row);
    }

    private void Add(Label label, int number, int row, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, label);
        writer.Flush();
        _labels.Add(label.KnownAtMs, buffer.WrittenSpan, number, row, fraud: null);
    }

    private void NoteWhole()
    {
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
