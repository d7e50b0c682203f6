using System.Buffers;
using MessagePack;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Files;

/// <summary>
/// The payments and labels of some tables, in the order in which the pipeline is to see them: payments by event time, labels by when
/// they became known, and a label known at the very time of a payment before it.
/// </summary>
public sealed class PaymentTable
{
    private readonly EventStore _payments = new();
    private readonly EventStore _labels = new();
    private readonly List<Func<int, string>> _placesOf = [];
    private readonly Dictionary<string, bool>? _frauds;

    private PaymentTable(bool keepsFrauds) => _frauds = keepsFrauds ? new(StringComparer.Ordinal) : null;

    public int PaymentCount => _payments.Count;

    public int LabelCount => _labels.Count;

    internal EventStore Payments => _payments;

    internal EventStore Labels => _labels;

    /// <param name="paymentFiles">Tables of payments.</param>
    /// <param name="labelFiles">Tables of labels with the contract's names: payment_id, event_time, known_at, fraud, entity ids.</param>
    /// <param name="columnsFile">Null where the tables use the contract's names.</param>
    /// <param name="keepsFrauds">Whether <see cref="IsFraud"/> will be asked.</param>
    /// <param name="progress">Told the number of rows read so far, now and then.</param>
    /// <exception cref="InvalidInputFileException">A file, row or cell is wrong; the message names it.</exception>
    public static PaymentTable Read(
        IReadOnlyList<string> paymentFiles, IReadOnlyList<string> labelFiles, string? columnsFile, EventOrder order, bool keepsFrauds = false,
        Action<long>? progress = null, CancellationToken cancel = default)
    {
        var table = new PaymentTable(keepsFrauds);
        var columns = columnsFile is null ? null : ColumnsFile.Load(columnsFile);
        var buffer = new ArrayBufferWriter<byte>(4096);
        foreach (var path in paymentFiles)
        {
            using var reader = TableReader.Open(path);
            var mapper = new RowMapper(reader, columns ?? ColumnsFile.ForContractNames(reader.Columns));
            table._placesOf.Add(reader.PlaceOf);
            while (reader.Read())
            {
                table.Add(mapper, reader.Row, buffer);
                Report(table, progress, cancel);
            }
        }

        foreach (var path in labelFiles)
        {
            using var reader = TableReader.Open(path);
            var mapper = new LabelRowMapper(reader);
            table._placesOf.Add(reader.PlaceOf);
            while (reader.Read())
            {
                table.Add(mapper.Read(), reader.Row, buffer);
                Report(table, progress, cancel);
            }
        }

        if (order == EventOrder.EventTime)
        {
            table._payments.Sort();
        }
        else
        {
            table._payments.KeepOrder();
        }

        table._labels.Sort();
        return table;
    }

    /// <summary>The payment's last label, whenever it became known; null where it has none.</summary>
    public bool? IsFraud(string paymentId) => _frauds!.TryGetValue(paymentId, out var fraud) ? fraud : null;

    /// <summary>Where the payment stands in its file, for messages.</summary>
    /// <param name="index">Its number in order.</param>
    public string PlaceOfPayment(long index) => PlaceOf(_payments, index);

    /// <inheritdoc cref="PlaceOfPayment"/>
    public string PlaceOfLabel(long index) => PlaceOf(_labels, index);

    /// <summary>All records in order: whether it is a label, what it is ordered by, its wire form.</summary>
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
        var payment = mapper.ReadPayment();
        buffer.ResetWrittenCount();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, payment);
        writer.Flush();
        _payments.Add(payment.EventTimeMs, buffer.WrittenSpan, _placesOf.Count - 1, row);
        if (!mapper.HasLabelColumn)
        {
            return;
        }

        var fraud = mapper.ReadFraud();
        if (mapper.MakesLabels)
        {
            Add(mapper.LabelOf(payment, fraud), row, buffer);
        }
        else
        {
            _frauds?.TryAdd(payment.PaymentId, fraud);
        }
    }

    private void Add(Label label, int row, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, label);
        writer.Flush();
        _labels.Add(label.KnownAtMs, buffer.WrittenSpan, _placesOf.Count - 1, row);
        if (_frauds is not null)
        {
            _frauds[label.PaymentId] = label.Fraud;
        }
    }
}
