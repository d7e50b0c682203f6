using StreamScoring.Batches;

namespace StreamScoring.Drift;

/// <summary>
/// Takes samples of decided batches for the models of one policy. From the thread that decides; it
/// allocates nothing and waits for nothing.
/// </summary>
public sealed class DriftTap
{
    private readonly DriftWatch _watch;
    private readonly ModelWatch[] _models;

    /// <param name="models">In the order of the policy's.</param>
    internal DriftTap(DriftWatch watch, IReadOnlyList<ModelWatch> models) => (_watch, _models) = (watch, [.. models]);

    internal ReadOnlySpan<ModelWatch> Models => _models;

    /// <summary>
    /// Offers each row to the model that scored it. Payments that came again do not count.
    /// </summary>
    public void Decided(PaymentBatch batch)
    {
        _watch.Use(this);
        foreach (var model in _models)
        {
            model.Look(batch.Clock.Decided);
        }

        var dropped = 0;
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var given = batch.ModelGiven[rowIndex];
            if (given != PaymentBatch.NoModel && !batch.IsDuplicate[rowIndex] && !_models[given].Offer(batch, rowIndex))
            {
                dropped++;
            }
        }

        if (dropped > 0)
        {
            _watch.Dropped(dropped);
        }
    }
}
