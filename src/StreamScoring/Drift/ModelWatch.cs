using StreamScoring.Batches;
using StreamScoring.Signals;

namespace StreamScoring.Drift;

/// <summary>
/// One model's samples: taken by the thread that decides, counted and judged by another.
/// </summary>
internal sealed class ModelWatch
{
    /// <summary>
    /// A window of a day has some millions of rows of a busy model, and an hour thousands. More
    /// would tell nothing.
    /// </summary>
    public const int RowsPerSecond = 64;

    /// <summary>
    /// Slices of a window: a quarter of an hour of a day. Rates are those of the newest two, as a
    /// field that is gone has to show soon.
    /// </summary>
    public const int SliceCount = 96;

    /// <summary>Of fewer rows no rate is told.</summary>
    private const int RateRowsMin = 30;

    /// <summary>
    /// Rows that may wait, and numbers of them. Those of a second are counted each second, and in
    /// the first one of a load there may be a dozen times as many.
    /// </summary>
    private const int WaitingRowsMax = 1024, WaitingNumbersMax = 1 << 20;

    private const int RowsCell = 0, WeightCell = 1, SquaresCell = 2, FirstCell = 3;

    private readonly int[] _columns;
    private readonly HistogramCells[] _cells;
    private readonly HistogramCells? _probability;
    private readonly RollingCounts _counts;
    private readonly SampleRing _ring;
    private readonly SampleShare _share;
    private readonly DriftMeters _meters;
    private readonly TimeProvider _clock;
    private readonly long _sliceTicks;
    private readonly long _started;
    private long _turned;

    public ModelWatch(WatchedModel watched, EngineMeter meter, TimeSpan window, TimeProvider clock)
    {
        (Watched, _clock, _started) = (watched, clock, clock.GetTimestamp());
        _columns = [.. watched.Inputs.Select(input => input.Column)];
        _cells = new HistogramCells[_columns.Length];
        var next = FirstCell;
        for (var i = 0; i < _cells.Length; i++)
        {
            _cells[i] = new HistogramCells(watched.Inputs[i].Reference, next);
            next += _cells[i].Count;
        }

        _probability = watched.Probability is { } probability ? new HistogramCells(probability, next) : null;
        _counts = new RollingCounts(next + (_probability?.Count ?? 0), SliceCount);
        var width = _columns.Length + 2;
        _ring = new SampleRing(width, Math.Min(WaitingRowsMax, WaitingNumbersMax / width));
        _share = new SampleShare(RowsPerSecond, clock.TimestampFrequency);
        _sliceTicks = Math.Max(1, (long)(window.TotalSeconds / SliceCount * clock.TimestampFrequency));
        _meters = new DriftMeters(meter, watched);
    }

    public WatchedModel Watched { get; }

    /// <summary>By the thread that decides, once for each batch.</summary>
    public void Look(long timestamp) => _share.Look(timestamp);

    /// <summary>By the thread that decides, for each row that the model scored.</summary>
    /// <returns>False where the row was to be sampled and found no room.</returns>
    public bool Offer(PaymentBatch batch, int rowIndex)
    {
        if (!_share.Takes(batch.LogIndex[rowIndex], batch.Offset[rowIndex]))
        {
            return true;
        }

        if (!_ring.TryWrite(out var row))
        {
            return false;
        }

        (row[0], row[1]) = (_share.Weight, (float)batch.Probability[rowIndex]);
        for (var i = 0; i < _columns.Length; i++)
        {
            row[2 + i] = (float)batch.Features.Column(_columns[i])[rowIndex];
        }

        _ring.Written();
        _share.Took();
        return true;
    }

    /// <summary>Counts what was sampled, lets go of what is older than the window, and tells the
    /// metrics.</summary>
    public ModelDrift Count()
    {
        var turns = (_clock.GetTimestamp() - _started) / _sliceTicks;
        _counts.Turn(turns - _turned);
        _turned = turns;
        while (_ring.TryRead(out var row))
        {
            Add(row);
            _ring.Taken();
        }

        var drift = Judge();
        _meters.Tell(drift);
        return drift;
    }

    /// <summary>The model decides no more: its series are gone.</summary>
    public void Leave() => _meters.Leave();

    private void Add(ReadOnlySpan<float> row)
    {
        var weight = (long)row[0];
        _counts.Add(RowsCell, 1);
        _counts.Add(WeightCell, weight);
        _counts.Add(SquaresCell, weight * weight);
        _probability?.Add(_counts, row[1], weight);
        for (var i = 0; i < _cells.Length; i++)
        {
            _cells[i].Add(_counts, row[2 + i], weight);
        }
    }

    /// <remarks>
    /// Rows of unequal weight tell as much as (sum of weights)² / (sum of their squares) rows of
    /// equal weight: Kish, Survey Sampling, 1965.
    /// </remarks>
    private ModelDrift Judge()
    {
        var (weight, squares) = (_counts.Totals[WeightCell], _counts.Totals[SquaresCell]);
        var rows = squares == 0 ? 0 : (double)weight * weight / squares;
        var newestWeight = _counts.Newest(RowsCell) < RateRowsMin ? 0 : _counts.Newest(WeightCell);
        InputDrift[] inputs = [.. _cells.Select(cells => cells.Drift(_counts, weight, rows, newestWeight))];
        return new ModelDrift(
            Watched.Model, Math.Min(1, (double)_turned / SliceCount), _counts.Totals[RowsCell], Weighted(inputs), _probability?.Psi(_counts, weight, rows), inputs, Watched.Unwatched);
    }

    /// <summary>
    /// By weight; where the card does not say it of each input, they count alike.
    /// </summary>
    private static double? Weighted(InputDrift[] inputs)
    {
        var hasWeights = Array.TrueForAll(inputs, input => input.Weight is not null);
        var (sum, weights) = (0.0, 0.0);
        foreach (var input in inputs)
        {
            if (input.Psi is { } psi)
            {
                var weight = hasWeights ? input.Weight!.Value : 1;
                sum += weight * psi.Value;
                weights += weight;
            }
        }

        return weights > 0 ? sum / weights : null;
    }
}
