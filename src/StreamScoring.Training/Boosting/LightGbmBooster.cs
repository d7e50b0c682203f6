using System.Text;
using StreamScoring.Training.Rows;
using static StreamScoring.Training.Boosting.LightGbmLibrary;

namespace StreamScoring.Training.Boosting;

/// <summary>Boosted trees while they are made.</summary>
internal sealed unsafe class LightGbmBooster : IDisposable
{
    private readonly string _parameters;
    private nint _handle;

    /// <param name="validation">Rows to measure on; null: none.</param>
    /// <exception cref="LightGbmException">A parameter is refused.</exception>
    public LightGbmBooster(LightGbmDataset training, LightGbmDataset? validation, string parameters)
    {
        nint handle;
        _parameters = parameters;
        fixed (byte* text = Text(parameters))
        {
            Check(LGBM_BoosterCreate(training.Handle, text, &handle));
        }

        _handle = handle;
        if (validation is not null)
        {
            Check(LGBM_BoosterAddValidData(_handle, validation.Handle));
        }
    }

    /// <returns>False where no split is left that helps: nothing was added.</returns>
    public bool AddTree()
    {
        int isFinished;
        Check(LGBM_BoosterUpdateOneIter(_handle, &isFinished));
        return isFinished == 0;
    }

    /// <summary>The first metric of the parameters, on the validation rows.</summary>
    public double Measure()
    {
        int count;
        double result;
        Check(LGBM_BoosterGetEval(_handle, 1, &count, &result));
        return result;
    }

    /// <returns>The trees, as LightGBM writes them.</returns>
    public string Save(int treeCount)
    {
        long size;
        Check(LGBM_BoosterSaveModelToString(_handle, 0, treeCount, 0, 0, &size, null));
        var buffer = new byte[size];
        fixed (byte* text = buffer)
        {
            Check(LGBM_BoosterSaveModelToString(_handle, 0, treeCount, 0, size, &size, text));
        }

        return Encoding.UTF8.GetString(buffer.AsSpan(0, (int)size - 1));
    }

    /// <returns>[rows] Log-odds.</returns>
    public double[] LogOdds(RowMatrix rows, int treeCount)
    {
        var results = new double[rows.Count];
        long count;
        fixed (float* values = rows.Values)
        fixed (double* to = results)
        fixed (byte* text = Text(_parameters))
        {
            Check(LGBM_BoosterPredictForMat(_handle, values, Float32, rows.Count, rows.Columns, 1, RawScore, 0, treeCount, text, &count, to));
        }

        return results;
    }

    public void Dispose()
    {
        if (_handle != 0)
        {
            _ = LGBM_BoosterFree(_handle);
            _handle = 0;
        }
    }
}
