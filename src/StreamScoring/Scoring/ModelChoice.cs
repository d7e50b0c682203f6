using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>Which model is asked for which payment. Immutable; any thread may use it.</summary>
/// <param name="models">In the order of their roles.</param>
/// <param name="canary">Null where there is none.</param>
internal sealed class ModelChoice(IReadOnlyList<ServedModel> models, CanaryShare? canary)
{
    private readonly byte _champion = IndexOf(models, ModelRole.Champion);
    private readonly byte _canary = IndexOf(models, ModelRole.Canary);
    private readonly byte _fallback = IndexOf(models, ModelRole.Fallback);

    /// <returns><see cref="PaymentBatch.NoModel"/> where none has the role.</returns>
    public static byte IndexOf(IReadOnlyList<ServedModel> models, ModelRole role)
    {
        for (var i = 0; i < models.Count; i++)
        {
            if (models[i].Role == role)
            {
                return (byte)i;
            }
        }

        return PaymentBatch.NoModel;
    }

    /// <summary>Notes for each row which model is asked; none has given a number yet.</summary>
    /// <param name="rung">How much of a model there is time for.</param>
    public void Ask(PaymentBatch batch, ReadOnlySpan<int> rows, Rung rung)
    {
        var model = rung switch
        {
            Rung.Full => _champion,
            Rung.Small => _fallback,
            _ => PaymentBatch.NoModel,
        };
        foreach (var rowIndex in rows)
        {
            batch.ModelAsked[rowIndex] = rung == Rung.Full && canary is not null && canary.Has(batch, rowIndex) ? _canary : model;
            batch.ModelGiven[rowIndex] = PaymentBatch.NoModel;
            (batch.RawScore[rowIndex], batch.Probability[rowIndex]) = (double.NaN, double.NaN);
            batch.Reasons.Count[rowIndex] = 0;
        }
    }

    /// <summary>
    /// The rows that a model is to score: those that it was asked for, and those for which it
    /// stands in.
    /// </summary>
    /// <param name="to">[rows] Filled.</param>
    /// <returns>How many they are.</returns>
    public static int RowsOf(PaymentBatch batch, ReadOnlySpan<int> rows, int model, Span<int> to)
    {
        var count = 0;
        foreach (var rowIndex in rows)
        {
            var asked = batch.ModelAsked[rowIndex];
            if (asked == model || (asked < model && batch.ModelGiven[rowIndex] == PaymentBatch.NoModel))
            {
                to[count++] = rowIndex;
            }
        }

        return count;
    }
}
