using System.Runtime.InteropServices;
using System.Text;

namespace StreamScoring.Training.Boosting;

/// <summary>
/// The calls of LightGBM that training needs. Source: c_api.h of LightGBM 4.x.
/// </summary>
internal static unsafe partial class LightGbmLibrary
{
    public const int Float32 = 0, RawScore = 1;

    private const string Name = "lib_lightgbm";

    static LightGbmLibrary()
    {
        // OpenMP reads it once, when it is loaded. Without it threads that wait for each other turn
        // in a loop and take the cores from all other work; .NET's own call does not reach it.
        if (!OperatingSystem.IsWindows())
        {
            setenv("OMP_WAIT_POLICY", "passive", 0);
        }
    }

    /// <summary>Makes an exception of a call that failed.</summary>
    /// <exception cref="LightGbmException">It failed.</exception>
    public static void Check(int result)
    {
        if (result != 0)
        {
            throw new LightGbmException(Marshal.PtrToStringUTF8((nint)LGBM_GetLastError()) ?? "unknown error");
        }
    }

    /// <returns>Zero-terminated, as the library takes texts.</returns>
    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport(Name)]
    private static partial byte* LGBM_GetLastError();

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetCreateFromMat(float* data, int dataType, int rowCount, int columnCount, int isRowMajor, byte* parameters, nint reference, nint* dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetSetField(nint dataset, byte* name, float* values, int count, int dataType);

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetFree(nint dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterCreate(nint dataset, byte* parameters, nint* booster);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterFree(nint booster);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterAddValidData(nint booster, nint dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterUpdateOneIter(nint booster, int* isFinished);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterGetEval(nint booster, int dataIndex, int* count, double* results);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterSaveModelToString(nint booster, int firstIteration, int iterationCount, int importanceType, long bufferSize, long* size, byte* text);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterPredictForMat(
        nint booster, float* data, int dataType, int rowCount, int columnCount, int isRowMajor, int predictType, int firstIteration, int iterationCount, byte* parameters,
        long* count, double* results);
}
