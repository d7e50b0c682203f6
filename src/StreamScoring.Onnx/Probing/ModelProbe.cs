using Microsoft.ML.OnnxRuntime;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Outputs;
using StreamScoring.Onnx.Sessions;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Probing;

/// <summary>
/// Finds out by trying how a model takes its rows and what it gives for them. Rows that were given
/// must work, most of them; that made-up ones do not is only said.
/// </summary>
internal sealed class ModelProbe(string path, OnnxSession session, IReadOnlyList<ModelInput> inputs, List<string> notices)
{
    /// <summary>
    /// By so much an output that is a probability may lie outside 0..1: sums of many floats.
    /// </summary>
    private const double ProbabilityTolerance = ScoreCalibration.ProbabilityTolerance;

    /// <param name="given">Golden rows, or the table's; null for none.</param>
    /// <returns>How it is called; whether the two columns of each row are shares of one; an output
    /// outside 0..1; and of how many rows it gave a number.</returns>
    /// <exception cref="Configuration.InvalidInputFileException">It fails on every row that was
    /// given, gives no numbers, or does not say which of them is fraud.</exception>
    public (OnnxShape Shape, bool IsShare, double? Outside, int KnownCount) Run(InputForm form, FraudOutput output, ProbeRows? given)
    {
        var invented = ProbeRows.Invented(inputs);
        var rows = given ?? invented;
        // One row is enough to learn the output's form.
        var isDouble = session.Inner.OutputMetadata[output.Name].ElementType == typeof(double);
        var shape = new OnnxShape(form.Names, form.IsMatrix, form.Rank, form.IsDouble, output.Name, isDouble, 2, 1, 0, form.Rows with { AreAlike = true }, form.Limits);
        var dimensions = FormOf(ref shape, rows, invented);
        var columns = dimensions.Length < 2 ? 1 : checked((int)dimensions[^1]);
        if (dimensions.Length is 0 or > 2)
        {
            throw ModelRefused.Because(path, $"gives an output of {dimensions.Length} dimensions; expected one number, or one for each class, a row");
        }

        shape = shape with { OutputRank = dimensions.Length, OutputColumns = columns, OutputColumn = output.ColumnOf(columns, notices) };
        var alone = Alone(shape, rows);
        var known = alone.Where(row => !double.IsNaN(row.Raw)).ToList();
        if (known.Count == 0 && alone.Count > 0 && (rows.AreInvented || Alone(shape, invented, isSaid: false).All(row => double.IsNaN(row.Raw))))
        {
            throw ModelRefused.Because(path, "gives NaN for every probe row; check the exported weights");
        }

        if (form.Rows.Max < int.MaxValue)
        {
            notices.Add($"it was exported for a batch of exactly {form.Rows.Max}, so {(form.Rows.Max == 1 ? "it is given one row a call" : "calls of fewer rows are filled up")}; export it with a dynamic batch for more speed");
        }

        if (known.Count > 1 && rows.Differ(inputs) && known.All(row => row.Raw.Equals(known[0].Raw)))
        {
            notices.Add($"it gives {known[0].Raw:R} for each of the {known.Count} {rows.Origin} that were tried, whatever is in them");
        }

        var areAlike = form.Rows.Max > 1
            && (!AreRowsApart(shape, rows, alone) || (!rows.AreInvented && !rows.Differ(inputs) && !AreRowsApart(shape, invented, Alone(shape, invented, isSaid: false))));
        if (areAlike)
        {
            RequireOneAnswer(shape, rows, alone);
            notices.Add("a row's output depends on the other rows of its call (dynamic quantisation does that), so it is given one row a call");
        }

        var outside = known.Where(row => row.Raw is < -ProbabilityTolerance or > 1 + ProbabilityTolerance).Select(row => (double?)row.Raw).FirstOrDefault();
        return (shape with { Rows = shape.Rows with { AreAlike = areAlike } }, known.Count > 0 && outside is null && AreSharesOfOne(shape, rows, known), outside, known.Count);
    }

    /// <param name="shape">Told where a call needs two rows.</param>
    /// <returns>The dimensions of the output.</returns>
    private long[] FormOf(ref OnnxShape shape, ProbeRows rows, ProbeRows invented)
    {
        if (TryRun(shape, rows, out var first) is { } dimensions)
        {
            return dimensions;
        }

        // Exporters squeeze what has one row, and lose the dimension of rows.
        if (shape.Rows is { Min: 1, Max: > 1 } && TryRun(shape with { Rows = shape.Rows with { Min = 2 } }, rows, out _) is { } ofTwo)
        {
            shape = shape with { Rows = shape.Rows with { Min = 2 } };
            notices.Add($"it fails on one row by itself ({ModelRefused.FirstLine(first!.Message)}), so a call has two rows at least");
            return ofTwo;
        }

        var reason = ModelRefused.FirstLine(first!.Message);
        if (!rows.AreInvented)
        {
            throw ModelRefused.Because(path, $"fails on each of the {rows.Rows.Count} {rows.Origin} that were tried: {reason}", first);
        }

        // Nothing speaks against the model yet. Its form may stand in the file.
        var stated = session.Inner.OutputMetadata[shape.OutputName].Dimensions;
        notices.Add($"it fails on each of the {invented.Rows.Count} {rows.Origin} ({reason}), which may lie outside of what it knows, and there are no golden rows to try; it is served untried");
        return stated.Length is 1 or 2 && (stated.Length == 1 || stated[1] > 0) ? [.. stated.Select(size => (long)size)]
            : throw ModelRefused.Because(path, $"fails on {rows.Origin}: {reason}; they may lie outside of what it knows, so give it golden rows ({OnnxModelLoader.GoldenFile}), or a table", first);
    }

    /// <returns>The dimensions of the output for the first row that works; null for
    /// none.</returns>
    private long[]? TryRun(OnnxShape shape, ProbeRows rows, out OnnxRuntimeException? first)
    {
        first = null;
        foreach (var row in rows.Rows)
        {
            try
            {
                return RunOnce(shape, rows, row);
            }
            catch (OnnxRuntimeException e) when (!session.IsStopped)
            {
                first ??= e;
            }
        }

        return null;
    }

    private long[] RunOnce(OnnxShape shape, ProbeRows rows, int row)
    {
        using var call = new WatchedCall(session);
        var values = ProbeValues.Of(shape, inputs, rows.Features, row);
        call.Begin(shape.Rows.Min);
        try
        {
            using var results = session.Inner.Run(call.Options, shape.InputNames, values, [shape.OutputName]);
            return results[0].GetTensorTypeAndShape().Shape;
        }
        finally
        {
            call.End();
            values.ForEach(value => value.Dispose());
        }
    }

    /// <returns>What each row gives by itself; those that fail are left out, and one of them is
    /// said.</returns>
    private List<(int Row, double Raw)> Alone(OnnxShape shape, ProbeRows rows, bool isSaid = true)
    {
        var (scored, raw, failed) = (new List<(int, double)>(), new double[1], (ModelFailedException?)null);
        var (failedCount, failedRow) = (0, 0);
        using var lane = OpenLane(AloneOf(shape));
        foreach (var row in rows.Rows)
        {
            try
            {
                lane.Score(rows.Features, [row], raw);
                scored.Add((row, raw[0]));
            }
            catch (ModelFailedException e) when (e.Kind == ModelFailureKind.Failed)
            {
                (failed, failedRow) = failedCount++ == 0 ? (e, row) : (failed, failedRow);
            }
        }

        if (isSaid && failed is not null && scored.Count > 0)
        {
            notices.Add($"it fails on {failedCount} of {rows.Rows.Count} {rows.Origin} ({rows.NameOf(failedRow)}: {failed.Reason}); such rows are left without a score");
        }

        return scored;
    }

    private bool AreRowsApart(OnnxShape shape, ProbeRows rows, List<(int Row, double Raw)> alone)
    {
        if (alone.Count == 0)
        {
            return true;
        }

        var together = new double[alone.Count];
        try
        {
            using var lane = OpenLane(shape with { Rows = shape.Rows with { AreAlike = false } });
            lane.Score(rows.Features, [.. alone.Select(row => row.Row)], together);
        }
        catch (ModelFailedException e) when (e.Kind == ModelFailureKind.Failed)
        {
            notices.Add($"it fails on {alone.Count} {rows.Origin} at once ({e.Reason}), so {Path.GetFileName(path)} is given one row a call");
            return false;
        }

        return alone.Zip(together).All(pair =>
            double.IsNaN(pair.First.Raw) == double.IsNaN(pair.Second) && !(Math.Abs(pair.First.Raw - pair.Second) > 1e-6 * Math.Max(1, Math.Abs(pair.First.Raw))));
    }

    /// <summary>
    /// Whether the columns of each row add up to one; of a single column nothing can be said
    /// against it.
    /// </summary>
    private bool AreSharesOfOne(OnnxShape shape, ProbeRows rows, List<(int Row, double Raw)> known)
    {
        if (shape.OutputColumns != 2)
        {
            return shape.OutputColumns == 1;
        }

        var other = new double[1];
        using var lane = OpenLane(AloneOf(shape) with { OutputColumn = 1 - shape.OutputColumn });
        return known.All(row =>
        {
            lane.Score(rows.Features, [row.Row], other);
            return Math.Abs(row.Raw + other[0] - 1) <= ProbabilityTolerance;
        });
    }

    /// <summary>What is random differs without other rows, too.</summary>
    private void RequireOneAnswer(OnnxShape shape, ProbeRows rows, List<(int Row, double Raw)> alone)
    {
        if (Alone(shape, rows, isSaid: false).Zip(alone).FirstOrDefault(pair => !pair.First.Raw.Equals(pair.Second.Raw)) is { First: { Row: var row, Raw: var again }, Second.Raw: var raw } && !again.Equals(raw))
        {
            throw ModelRefused.Because(path, $"gives two answers for {rows.NameOf(row)}, {raw:R} and {again:R}: something in it is random (dropout, a random operator); export it for inference");
        }
    }

    private static OnnxShape AloneOf(OnnxShape shape) => shape with { Rows = shape.Rows with { AreAlike = true } };

    private IScoringLane OpenLane(OnnxShape shape)
    {
        var columns = Enumerable.Range(0, inputs.Count).ToArray();
        return inputs.Any(input => input.IsText) ? new TextOnnxLane(session, shape, inputs, columns, rowsMax: null) : new BoundOnnxLane(session, shape, columns, CallSizes.Unmeasured(shape.Rows, rowsMax: null));
    }
}
