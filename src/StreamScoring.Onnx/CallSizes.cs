using System.Diagnostics;
using StreamScoring.Batches;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// The sizes of a model's calls, and which of them a number of rows is scored with: the ones that
/// take the least time together. A call may hold more rows than there are; the others are copies.
/// Immutable: lanes share it.
/// </summary>
internal sealed class CallSizes
{
    /// <summary>
    /// Trees are best scored 8 to 64 rows at a time, which is what a lane does unless it is told
    /// otherwise; a larger call only waits longer for its first row.
    /// </summary>
    private const int LargestDefault = 64;

    /// <summary>Calls of a size that are measured: the shortest counts.</summary>
    private const int Calls = 3;

    /// <summary>
    /// Where a model is so slow that the sizes take longer, the larger ones are taken to cost what
    /// the largest that was measured does, by their rows.
    /// </summary>
    private static readonly TimeSpan MeasureMax = TimeSpan.FromMilliseconds(500);

    private static readonly int[] Steps = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    /// <summary>[most rows + 1] By the number of rows: the size of the first call.</summary>
    private readonly int[] _choice;
    private readonly int _ofMany;
    private readonly IReadOnlyList<double> _costs;
    private readonly int _differentMax;
    private readonly bool _isMeasured;

    /// <param name="sizes">Rows of a call, ascending.</param>
    /// <param name="costs">What a call of each takes, in any unit.</param>
    /// <param name="differentMax">Rows of a call that may differ.</param>
    /// <param name="isMeasured">Whether costs are seconds that calls took.</param>
    public CallSizes(IReadOnlyList<int> sizes, IReadOnlyList<double> costs, int differentMax, bool isMeasured = false)
    {
        (Sizes, _costs, _differentMax, _isMeasured) = (sizes, costs, differentMax, isMeasured);
        _choice = new int[sizes[^1] + 1];
        var least = new double[_choice.Length];
        for (var rows = 1; rows < _choice.Length; rows++)
        {
            least[rows] = double.PositiveInfinity;
            for (var size = 0; size < sizes.Count; size++)
            {
                var cost = costs[size] + least[Math.Max(0, rows - Math.Min(sizes[size], differentMax))];
                if (cost <= least[rows])
                {
                    (least[rows], _choice[rows]) = (cost, size);
                }
            }
        }

        _ofMany = Enumerable.Range(0, sizes.Count).MinBy(size => (costs[size] / Math.Min(sizes[size], differentMax), -sizes[size]));
    }

    /// <summary>Rows of a call, ascending.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <param name="rowCount">From 1 on.</param>
    /// <returns>Which of the sizes their first call has.</returns>
    public int Next(int rowCount) => rowCount < _choice.Length ? _choice[rowCount] : _ofMany;

    /// <param name="rowCount">From 1 on.</param>
    /// <returns>Seconds that their calls took together; 0 where nothing was measured.</returns>
    public double SecondsOf(int rowCount)
    {
        var seconds = 0.0;
        for (var left = rowCount; left > 0 && _isMeasured;)
        {
            var size = Next(left);
            seconds += _costs[size];
            left -= Math.Min(Sizes[size], _differentMax);
        }

        return seconds;
    }

    /// <summary>
    /// Where nothing was measured: a call is taken to cost a row more than it holds.
    /// </summary>
    /// <param name="rowsMax">Of a call; null: as most models like it.</param>
    public static CallSizes Unmeasured(CallRows rows, int? rowsMax)
    {
        var sizes = SizesOf(rows, rowsMax);
        return new CallSizes(sizes, [.. sizes.Select(size => size + 1.0)], rows.DifferentMax);
    }

    /// <summary>Makes a few calls of each size.</summary>
    /// <param name="features">[features, rows] Rows that the model takes.</param>
    /// <param name="open">Opens a lane whose calls have the sizes.</param>
    /// <exception cref="ModelFailedException">The model failed, or took longer than it
    /// may.</exception>
    public static CallSizes Measured(CallRows rows, int? rowsMax, FeatureMatrix features, IReadOnlyList<int> featureRows, Func<CallSizes, IScoringLane> open)
    {
        var sizes = SizesOf(rows, rowsMax);
        var (costs, begun) = (new double[sizes.Length], Stopwatch.GetTimestamp());
        for (var i = 0; i < sizes.Length; i++)
        {
            costs[i] = i > 0 && Stopwatch.GetElapsedTime(begun) > MeasureMax ? costs[i - 1] * sizes[i] / sizes[i - 1]
                : Measure(sizes[i], features, featureRows, open);
        }

        return new CallSizes(sizes, costs, rows.DifferentMax, isMeasured: true);
    }

    /// <returns>Seconds that a call takes.</returns>
    private static double Measure(int size, FeatureMatrix features, IReadOnlyList<int> featureRows, Func<CallSizes, IScoringLane> open)
    {
        using var lane = open(new CallSizes([size], [1], size));
        var (rows, raw) = (new int[size], new double[size]);
        for (var row = 0; row < size; row++)
        {
            rows[row] = featureRows[row % featureRows.Count];
        }

        // The first call of a size makes room for it.
        lane.Score(features, rows, raw);
        var (least, first) = (double.PositiveInfinity, Stopwatch.GetTimestamp());
        for (var call = 0; call < Calls && (call == 0 || Stopwatch.GetElapsedTime(first) < MeasureMax); call++)
        {
            var begun = Stopwatch.GetTimestamp();
            lane.Score(features, rows, raw);
            least = Math.Min(least, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        return least;
    }

    private static int[] SizesOf(CallRows rows, int? rowsMax)
    {
        var largest = Math.Min(rows.Max, rowsMax ?? LargestDefault);
        IEnumerable<int> more = rows.AreAlike ? [] : Steps.Append(largest).Where(size => size > rows.Min && size <= largest).Distinct().Order();
        return [.. more.Prepend(rows.Min)];
    }
}
