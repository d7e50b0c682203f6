namespace StreamScoring.Training.Boosting;

/// <summary>Boosted trees of one seed.</summary>
/// <param name="TreeCount">That are kept.</param>
/// <param name="AveragePrecision">Of so many, on the validation rows; NaN without these.</param>
internal sealed record BoostedMember(LightGbmBooster Booster, int TreeCount, double AveragePrecision) : IDisposable
{
    public void Dispose() => Booster.Dispose();

    /// <summary>
    /// Adds trees until so many in a row did not make the average precision better, and keeps the
    /// best number. Without validation rows it adds all.
    /// </summary>
    /// <param name="treesMax">Trees at the most.</param>
    /// <param name="patience">0: all trees are added, and kept.</param>
    /// <param name="added">Told of each tree, with the best average precision so far.</param>
    public static BoostedMember Fit(
        BoostingData data, BoostingParameters parameters, int member, int treesMax, int patience, Action<int, double> added, CancellationToken cancel)
    {
        var booster = new LightGbmBooster(data.Training, data.Validation, data.Settings.OfBooster(parameters, member));
        try
        {
            var (best, bestAt, count) = (double.NaN, 0, 0);
            while (count < treesMax)
            {
                cancel.ThrowIfCancellationRequested();
                if (!booster.AddTree())
                {
                    break;
                }

                count++;
                if (data.Validation is not null)
                {
                    var average = booster.Measure();
                    (best, bestAt) = average > best || double.IsNaN(best) ? (average, count) : (best, bestAt);
                }

                added(count, best);
                if (data.Validation is not null && patience > 0 && count - bestAt >= patience)
                {
                    break;
                }
            }

            return new BoostedMember(booster, data.Validation is null || patience == 0 ? count : bestAt, best);
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }
}
