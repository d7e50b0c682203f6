using StreamScoring.Training.Rows;
using static StreamScoring.Training.Boosting.LightGbmLibrary;

namespace StreamScoring.Training.Boosting;

/// <summary>Rows as LightGBM keeps them: each number is one of at most 255 bins.</summary>
internal sealed unsafe class LightGbmDataset : IDisposable
{
    private nint _handle;

    /// <param name="parameters">Of bins: LightGBM's own names.</param>
    /// <param name="bins">The dataset whose bins are used: that of training, for validation; null:
    /// its own.</param>
    /// <exception cref="LightGbmException">It refuses the rows.</exception>
    public LightGbmDataset(LabelledRows rows, string parameters, LightGbmDataset? bins)
    {
        nint handle;
        fixed (float* values = rows.Rows.Values)
        fixed (byte* text = Text(parameters))
        {
            Check(LGBM_DatasetCreateFromMat(values, Float32, rows.Count, rows.Rows.Columns, 1, text, bins?._handle ?? 0, &handle));
        }

        _handle = handle;
        var labels = new float[rows.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            labels[row] = rows.Frauds[row] ? 1 : 0;
        }

        fixed (float* values = labels)
        fixed (byte* name = Text("label"))
        {
            Check(LGBM_DatasetSetField(_handle, name, values, labels.Length, Float32));
        }
    }

    public nint Handle => _handle;

    public void Dispose()
    {
        if (_handle != 0)
        {
            _ = LGBM_DatasetFree(_handle);
            _handle = 0;
        }
    }
}
