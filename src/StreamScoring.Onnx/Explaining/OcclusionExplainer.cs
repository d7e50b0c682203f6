using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// Explains a row of any model by asking it again: an input's contribution is what the output loses
/// when that input alone is at its baseline. All variants of a row go to the model in one call.
/// What inputs do together is counted for each of them, or for none.
/// </summary>
/// <remarks>
/// Occlusion, as in M. Zeiler and R. Fergus, Visualizing and understanding convolutional networks,
/// ECCV 2014.
/// </remarks>
internal sealed class OcclusionExplainer : IExplainer
{
    private readonly IScoringLane _lane;
    private readonly int[] _columns;
    private readonly double[] _baseline;
    private readonly double _sign;
    /// <summary>
    /// By input: the row where it is at its baseline; 0, which is the row as it is, for a text.
    /// </summary>
    private readonly int[] _variantOf;
    private readonly TextColumn?[] _texts;
    private readonly FeatureMatrix _variants;
    private readonly int[] _rows;
    private readonly double[] _raw;

    /// <param name="featureColumns">[inputs] For each input of the model, the column of the feature
    /// matrix.</param>
    /// <param name="baseline">[inputs] What each input is set to; not read for texts.</param>
    public OcclusionExplainer(IFraudModel model, IReadOnlyList<int> featureColumns, IReadOnlyList<double> baseline)
    {
        var inputs = model.Inputs;
        Invariant.Require(featureColumns.Count == inputs.Count);
        Invariant.Require(baseline.Count == inputs.Count);
        (_columns, _baseline) = ([.. featureColumns], [.. baseline]);
        _sign = model.Calibration.IsDescending ? -1 : 1;
        _variantOf = new int[inputs.Count];
        var rowCount = 1;
        for (var input = 0; input < inputs.Count; input++)
        {
            _variantOf[input] = inputs[input].IsText ? 0 : rowCount++;
        }

        (_rows, _raw) = ([.. Enumerable.Range(0, rowCount)], new double[rowCount]);
        _texts = [.. inputs.Select(input => input.IsText ? new TextColumn(rowCount) : null)];
        _variants = new FeatureMatrix(inputs.Count, rowCount);
        _lane = model.OpenLane([.. Enumerable.Range(0, inputs.Count)], rowCount);
    }

    /// <summary>
    /// A row is a call to the model already; one that fails leaves the others alone.
    /// </summary>
    public int RowsMax => 1;

    /// <inheritdoc/>
    public void Explain(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> contributions)
    {
        Invariant.Require(rows.Length == 1);
        var rowIndex = rows[0];
        Invariant.Require(contributions.Length == _columns.Length);
        for (var input = 0; input < _columns.Length; input++)
        {
            var column = _columns[input];
            if (_texts[input] is { } text)
            {
                Repeat(features, column, rowIndex, text);
                _variants.SetText(input, text, features.TextBytes);
                continue;
            }

            var values = _variants.Column(input);
            values.Fill(features.Column(column)[rowIndex]);
            values[_variantOf[input]] = _baseline[input];
        }

        _lane.Score(_variants, _rows, _raw);
        for (var input = 0; input < _columns.Length; input++)
        {
            // For a text it is the row less itself.
            var difference = _sign * (_raw[0] - _raw[_variantOf[input]]);
            contributions[input] = double.IsFinite(difference) ? difference : 0;
        }
    }

    public void Stop() => _lane.Stop();

    public void Dispose() => _lane.Dispose();

    /// <summary>All rows get the text of one; a matrix without the text has it missing.</summary>
    private static void Repeat(FeatureMatrix features, int column, int rowIndex, TextColumn to)
    {
        var from = features.TextOf(column);
        Array.Fill(to.Start, from?.Start[rowIndex] ?? 0);
        Array.Fill(to.Length, from?.Length[rowIndex] ?? 0);
        Array.Fill(to.Hash, from?.Hash[rowIndex] ?? UInt128.Zero);
    }
}
