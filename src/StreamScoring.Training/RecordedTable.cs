using StreamScoring.Batches;
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
    public IngestLimits Limits { get; } = LimitsOf(table, limits);

    /// <summary>Rows that were refused.</summary>
    public TableRefusals Refusals { get; } = new(table);

    /// <summary>
    /// Limits of a table's records: how far ahead of a label's time an event lies is not its
    /// business, and its columns file may exempt columns that only look like card numbers.
    /// </summary>
    internal static IngestLimits LimitsOf(PaymentTable table, IngestLimits limits) => limits with
    {
        EventTimeAheadMax = TimeSpan.FromDays(365_000),
        CardNumberFieldsIgnored = limits.CardNumberFieldsIgnored.Concat(table.CardNumberFieldsIgnored).ToHashSet(StringComparer.Ordinal),
    };

    /// <inheritdoc/>
    public IdempotencyOptions Idempotency => IdempotencyOptions.Default;

    /// <inheritdoc/>
    public IdentityHash? Identity => null;

    /// <inheritdoc/>
    public ILogSource Open() => new FileLogSource(table);

    /// <inheritdoc/>
    public FoldedState NewState(FeatureFile features) => new(features, Logs, Idempotency);

    /// <inheritdoc/>
    public void Look(PaymentBatch batch) => Refusals.Add(batch);

    /// <inheritdoc/>
    public bool IsFraud(PaymentBatch batch, int rowIndex) =>
        table.IsFraud(batch.Offset[rowIndex], batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex]) == true;
}
