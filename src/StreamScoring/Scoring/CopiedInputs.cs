using System.Numerics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// A model's inputs of some rows, copied out of a batch: whoever reads them need not be done when
/// the batch goes on.
/// </summary>
internal sealed class CopiedInputs
{
    private readonly int[] _columns;
    private readonly bool[] _isText;
    private int[] _rows = [];
    private TextColumn?[] _texts = [];
    private byte[] _bytes = [];

    /// <param name="columns">For each input, the column of the matrices that rows will be copied
    /// from.</param>
    public CopiedInputs(IReadOnlyList<ModelInput> inputs, IReadOnlyList<int> columns)
    {
        Invariant.Require(inputs.Count == columns.Count);
        (_columns, _isText) = ([.. columns], [.. inputs.Select(input => input.IsText)]);
        Features = new FeatureMatrix(inputs.Count, 0);
    }

    /// <summary>[inputs, rows] In the order of the model's inputs.</summary>
    public FeatureMatrix Features { get; private set; }

    public int RowCount { get; private set; }

    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, RowCount);

    /// <summary>
    /// Takes over some rows. Allocates only where they are more, or texts longer, than any before.
    /// </summary>
    public void Take(FeatureMatrix from, ReadOnlySpan<int> rows)
    {
        if (rows.Length > _rows.Length)
        {
            Grow((int)BitOperations.RoundUpToPowerOf2((uint)rows.Length));
        }

        RowCount = rows.Length;
        var used = 0;
        for (var input = 0; input < _columns.Length; input++)
        {
            if (_texts[input] is { } text)
            {
                used = TakeTexts(from, _columns[input], rows, text, used);
                continue;
            }

            var source = from.Column(_columns[input]);
            var to = Features.Column(input);
            for (var i = 0; i < rows.Length; i++)
            {
                to[i] = source[rows[i]];
            }
        }

        for (var input = 0; input < _texts.Length; input++)
        {
            if (_texts[input] is { } text)
            {
                Features.SetText(input, text, _bytes);
            }
        }
    }

    private void Grow(int rowsMax)
    {
        _rows = [.. Enumerable.Range(0, rowsMax)];
        _texts = [.. _isText.Select(isText => isText ? new TextColumn(rowsMax) : null)];
        Features = new FeatureMatrix(_columns.Length, rowsMax);
    }

    private int TakeTexts(FeatureMatrix from, int column, ReadOnlySpan<int> rows, TextColumn to, int used)
    {
        var source = from.TextOf(column);
        for (var i = 0; i < rows.Length; i++)
        {
            var value = source is null ? [] : source.Value(from.TextBytes, rows[i]);
            if (used + value.Length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(used + value.Length, Math.Max(1024, 2 * _bytes.Length)));
            }

            value.CopyTo(_bytes.AsSpan(used));
            (to.Start[i], to.Length[i]) = (used, value.Length);
            used += value.Length;
        }

        return used;
    }
}
