using System.Diagnostics;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Registry;

/// <summary>
/// What a model must pass before it comes into a registry: its inputs are features, its golden rows
/// come out, it is not too large, and a full batch is scored within its time.
/// </summary>
/// <param name="features">The features that there will be; null: they are not looked at.</param>
/// <param name="budget">How long a call may take.</param>
/// <param name="rowsMax">Rows of that call: the batch ceiling of the topology.</param>
internal sealed class ModelGate(FeatureFile? features, string? featureFile, TimeSpan budget, int rowsMax)
{
    private const long BytesMax = 512L << 20;
    private const int Calls = 15;

    /// <summary>Loads the folder and looks at all of it.</summary>
    /// <returns>The version, and what the loader noticed.</returns>
    /// <exception cref="InvalidInputFileException">It does not pass; the message says why and what
    /// to do.</exception>
    public (string Version, IReadOnlyList<string> Notices) Pass(string folder, string shownAs, CancellationToken cancel)
    {
        var bytes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        if (bytes > BytesMax)
        {
            throw new InvalidInputFileException($"{shownAs}: has {bytes >> 20:N0} MB, and a registry takes models of {BytesMax >> 20} MB at the most; make it smaller, or serve its folder without a registry (models.champion)");
        }

        using var model = OnnxModelLoader.LoadFolder(folder, new ModelLoadOptions { Cancel = cancel });
        if (features is not null)
        {
            ModelColumns.Of(model.Inputs, shownAs, features, featureFile!);
        }

        RequireSpeed(model, folder, shownAs);
        return (model.Version, model.Notices);
    }

    /// <summary>The median of some calls of golden rows, repeated to a full batch.</summary>
    private void RequireSpeed(OnnxModel model, string folder, string shownAs)
    {
        var table = ScoringTable.Read(Path.Combine(folder, OnnxModelLoader.GoldenFile), model.Inputs);
        if (table.RowCount == 0)
        {
            throw new InvalidInputFileException($"{shownAs}: has no golden rows, so nothing shows that it is what it was; give it some: --golden FILE");
        }

        int[] rows = [.. Enumerable.Range(0, rowsMax).Select(row => row % table.RowCount)];
        var (raw, milliseconds) = (new double[rowsMax], new double[Calls]);
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], rowsMax);
        for (var call = -2; call < Calls; call++)
        {
            var began = Stopwatch.GetTimestamp();
            RowIsolation.Score(lane, table.Features, rows, raw, failed: null);
            if (call >= 0)
            {
                milliseconds[call] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
        }

        Array.Sort(milliseconds);
        if (milliseconds[Calls / 2] > budget.TotalMilliseconds)
        {
            throw new InvalidInputFileException(
                $"{shownAs}: takes {milliseconds[Calls / 2]:0.#} ms for {rowsMax} rows (median of {Calls} calls on this machine), and has {budget.TotalMilliseconds:0.#}; make it smaller, or give it more time (--budget) or fewer rows a batch (--batch)");
        }
    }
}
