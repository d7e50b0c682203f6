using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Training;

/// <summary>
/// Payments and labels of the past, for whoever decides them anew: tables, or a stretch of logs.
/// </summary>
public interface IRecordedPayments
{
    LogTable Logs { get; }

    /// <summary>What a record may hold.</summary>
    IngestLimits Limits { get; }

    IdempotencyOptions Idempotency { get; }

    /// <summary>Hashes ids; null: by the secret for development.</summary>
    IdentityHash? Identity { get; }

    /// <summary>The records, from the first one on; whoever opens it disposes it.</summary>
    ILogSource Open();

    /// <summary>A state that holds nothing.</summary>
    FoldedState NewState(FeatureFile features);

    /// <summary>Looks at records that were taken.</summary>
    /// <exception cref="InvalidInputFileException">One does not hold to the contract, and whoever
    /// recorded them is to mend it.</exception>
    void Look(PaymentBatch batch);

    /// <summary>Whether the row's payment is known, in the end, to be fraud.</summary>
    bool IsFraud(PaymentBatch batch, int rowIndex);
}
