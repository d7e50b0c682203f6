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

    /// <param name="output">The table to write: <c>payment_id</c>, one column per feature, and the
    /// label where one is named.</param>
    /// <param name="labelColumn">A column for the payment's final label, 0 or 1, empty where it has
    /// none; null leaves it out.</param>
    /// <param name="passed">Fields of the payment between the features and the label.</param>
    /// <param name="progress">Told the number of payments written so far.</param>
    /// <returns>Payments written.</returns>
    /// <exception cref="InvalidInputFileException">Payments do not hold to the contract; all of
    /// them are named.</exception>
    public async Task<long> RunAsync(string output, PassedColumns passed, string? labelColumn, Action<long>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(passed);
        List<(string, bool)> columns = [("payment_id", true), .. features.Schema.Names.Select((name, i) => (name, features.Schema.IsText(i)))];
        columns.AddRange(passed.Columns);
        if (labelColumn is not null)
        {
            columns.Add((labelColumn, false));
        }

        using var writer = TableWriter.Create(output, columns);
        using var source = new FileLogSource(table);
        var tableLimits = RecordedTable.LimitsOf(table, limits ?? new IngestLimits());
        var state = new FoldedState(features, FileLogSource.Logs, IdempotencyOptions.Default) { Rates = RateSchedule.Of(rates) };
        using var engine = new Engine(new EngineParts(FileLogSource.Logs, features, state) { Limits = tableLimits, BatchesMax = BatchesMax, BatchRowsMax = BatchRows });

        var written = 0L;
        var (_, done) = ScoringGraph.Build(engine, source, new LiveOptions(new PipelineOptions()), batch =>
        {
            cancel.ThrowIfCancellationRequested();
            Write(batch, writer, passed, labelColumn is not null);
            written += batch.DecideCount;
            progress?.Invoke(written);
        }).Run(materializer);
        await done;
        _refusals.Require();
        writer.Complete();
        return written;
    }

    private void Write(PaymentBatch batch, TableWriter writer, PassedColumns passed, bool withLabel)
    {
        _refusals.Add(batch);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var id = batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex);
            writer.Text(id);
            _approximate.Add(batch, rowIndex);
            WriteFeatures(batch, rowIndex, id, writer);
            passed.Write(writer, batch, rowIndex);
            if (withLabel)
            {
                writer.Number(table.IsFraud(batch.Offset[rowIndex], id, batch.EventTimeMs[rowIndex]) is { } fraud ? fraud ? 1 : 0 : double.NaN);
            }

            writer.EndRow();
        }
    }

    private void WriteFeatures(PaymentBatch batch, int rowIndex, ReadOnlySpan<byte> id, TableWriter writer)
    {
        if (batch.IsDuplicate[rowIndex] && _repeated.TryGetValue(batch.FirstOffset[rowIndex], out var first))
        {
            first.Write(writer);
            return;
        }

        FeatureRow.Write(writer, batch.Features, rowIndex);
        if (!batch.IsDuplicate[rowIndex] && table.IsRepeated(id))
        {
            _repeated.Add(batch.Offset[rowIndex], new FeatureRow(batch.Features, rowIndex));
        }
    }
}
