using Akka.Streams;
using Akka.Streams.Dsl;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Ingest;
using StreamScoring.State;
using StreamScoring.Streams;

namespace StreamScoring.Training;

/// <summary>
/// Point-in-time features for every payment of a table, by the live path's own stages: the file
/// port takes the place of Kafka, a table writer that of the decisions.
/// </summary>
/// <param name="limits">What a record may hold; null: the defaults.</param>
/// <param name="rates">By which features take amounts; null: by none.</param>
public sealed class Backfill(FeatureFile features, PaymentTable table, IMaterializer materializer, IngestLimits? limits = null, CurrencyRates? rates = null)
{
    private const int BatchRows = 512, BatchesMax = 8;

    /// <summary>By offset: features of payments whose id stands again. A row that repeats one gets
    /// them, as a decision is repeated live.</summary>
    private readonly Dictionary<long, FeatureRow> _repeated = [];

    private readonly TableRefusals _refusals = new(table);

    private readonly ApproximateRows _approximate = new(features, table.PlaceOfPayment);

    /// <summary>
    /// What whoever uses the written table should know of it, one sentence each: complete once it
    /// is written.
    /// </summary>
    public IEnumerable<string> Notices => _refusals.Notices.Concat(_approximate.Notices());

    /// <summary>Columns of the table that is written: <c>payment_id</c>, one for each feature,
    /// fields of the payment, and the label where one is named.</summary>
    /// <param name="passed">Fields of the payment between the features and the label.</param>
    /// <param name="labelColumn">A column for the payment's final label, 0 or 1, empty where it has
    /// none; null leaves it out.</param>
    public static IReadOnlyList<(string Name, bool IsText)> ColumnsOf(FeatureFile features, PassedColumns passed, string? labelColumn)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(passed);
        IEnumerable<(string, bool)> label = labelColumn is null ? [] : [(labelColumn, false)];
        return [("payment_id", true), .. features.Schema.Names.Select((name, i) => (name, features.Schema.IsText(i))), .. passed.Columns, .. label];
    }

    /// <param name="output">The table to write.</param>
    /// <param name="progress">Told the number of payments written so far.</param>
    /// <inheritdoc cref="ColumnsOf"/>
    /// <returns>Payments written.</returns>
    /// <exception cref="InvalidInputFileException">Payments do not hold to the contract; all of
    /// them are named.</exception>
    public async Task<long> RunAsync(string output, PassedColumns passed, string? labelColumn, Action<long>? progress, CancellationToken cancel)
    {
        using var writer = TableWriter.Create(output, ColumnsOf(features, passed, labelColumn));
        var written = await WriteAsync(() => writer, passed, labelColumn, progress, cancel);
        writer.Complete();
        return written;
    }

    /// <inheritdoc
    /// cref="RunAsync(string, PassedColumns, string?, Action{long}?, CancellationToken)"/>
    /// <param name="parts">The table to write; rows that are there are only computed, as later ones
    /// follow from them.</param>
    public async Task<long> RunAsync(TableParts parts, PassedColumns passed, string? labelColumn, Action<long>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var written = await WriteAsync(parts.Next, passed, labelColumn, progress, cancel);
        parts.Complete();
        return written;
    }

    /// <summary>Folds the table and hands each batch on with its features.</summary>
    /// <param name="take">Called in the order of the table; the batch is not kept.</param>
    /// <exception cref="InvalidInputFileException">Payments do not hold to the contract; all of
    /// them are named.</exception>
    public async Task FoldAsync(Action<PaymentBatch> take, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(take);
        using var source = new FileLogSource(table);
        var tableLimits = RecordedTable.LimitsOf(table, limits ?? new IngestLimits());
        var state = new FoldedState(features, FileLogSource.Logs, IdempotencyOptions.Default) { Rates = RateSchedule.Of(rates) };
        using var engine = new Engine(new EngineParts(FileLogSource.Logs, features, state) { Limits = tableLimits, BatchesMax = BatchesMax, BatchRowsMax = BatchRows });
        var (_, done) = ScoringGraph.Build(engine, source, new LiveOptions(new PipelineOptions()), batch =>
        {
            cancel.ThrowIfCancellationRequested();
            _refusals.Add(batch);
            take(batch);
        }).Run(materializer);
        await done;
        _refusals.Require();
    }

    private async Task<long> WriteAsync(Func<TableWriter?> next, PassedColumns passed, string? labelColumn, Action<long>? progress, CancellationToken cancel)
    {
        var written = 0L;
        await FoldAsync(batch =>
        {
            Write(batch, next, passed, labelColumn is not null);
            written += batch.DecideCount;
            progress?.Invoke(written);
        }, cancel);
        return written;
    }

    private void Write(PaymentBatch batch, Func<TableWriter?> next, PassedColumns passed, bool withLabel)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var id = batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex);
            _approximate.Add(batch, rowIndex);
            if (!batch.IsDuplicate[rowIndex] && table.IsRepeated(id))
            {
                _repeated.Add(batch.Offset[rowIndex], new FeatureRow(batch.Features, rowIndex));
            }

            if (next() is not { } writer)
            {
                continue;
            }

            writer.Text(id);
            WriteFeatures(batch, rowIndex, writer);
            passed.Write(writer, batch, rowIndex);
            if (withLabel)
            {
                writer.Number(table.IsFraud(batch.Offset[rowIndex], id, batch.EventTimeMs[rowIndex]) is { } fraud ? fraud ? 1 : 0 : double.NaN);
            }

            writer.EndRow();
        }
    }

    private void WriteFeatures(PaymentBatch batch, int rowIndex, TableWriter writer)
    {
        if (batch.IsDuplicate[rowIndex] && _repeated.TryGetValue(batch.FirstOffset[rowIndex], out var first))
        {
            first.Write(writer);
            return;
        }

        FeatureRow.Write(writer, batch.Features, rowIndex);
    }
}
