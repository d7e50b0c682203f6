using System.Diagnostics;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A fact that needs the shared folder, and a Python that has what the samples import; skipped,
/// with the reason, where one is not there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private const string Program = "python3";

    private static readonly Lazy<string?> Found = new(() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").FirstOrDefault(Has));

    public PythonFactAttribute() => Skip = SharedFolder.MissingReason
        ?? (Folder is null ? "no python3 has pandas, scikit-learn and onnx: apt-get install python3-pandas python3-sklearn python3-onnx" : null);

    /// <summary>The folder of a Python that has them; null for none.</summary>
    public static string? Folder => Found.Value;

    private static bool Has(string folder)
    {
        if (!File.Exists(Path.Combine(folder, Program)))
        {
            return false;
        }

        using var python = Process.Start(new ProcessStartInfo(Path.Combine(folder, Program), ["-c", "import pandas, sklearn, onnx"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }
}
