using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Identity;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Training;

/// <summary>The payments of tables.</summary>
/// <param name="table">That keeps what is known to be fraud.</param>
/// <param name="limits">What a record may hold.</param>
public sealed class RecordedTable(PaymentTable table, IngestLimits limits) : IRecordedPayments
{
    /// <inheritdoc/>
    public LogTable Logs => FileLogSource.Logs;

    /// <inheritdoc/>
    /// <remarks>How far ahead of a label's time an event lies is not a table's business.</remarks>
    public IngestLimits Limits { get; } = limits with { EventTimeAheadMax = TimeSpan.FromDays(365_000) };

    /// <inheritdoc/>
    public IdempotencyOptions Idempotency => IdempotencyOptions.Default;

    /// <inheritdoc/>
    public IdentityHash? Identity => null;

    /// <inheritdoc/>
    public ILogSource Open() => new FileLogSource(table);

    /// <inheritdoc/>
    public FoldedState NewState(FeatureFile features) => new(features, Logs, Idempotency);

    /// <inheritdoc/>
    public void Look(PaymentBatch batch)
    {
        if (TableRefusal.First(table, batch) is { } refusal)
        {
            throw new InvalidInputFileException(refusal.Hint is null ? refusal.Problem : $"{refusal.Problem}. {refusal.Hint}");
        }
    }

    /// <inheritdoc/>
    public bool IsFraud(PaymentBatch batch, int rowIndex) =>
        table.IsFraud(batch.Offset[rowIndex], batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex]) == true;
}
