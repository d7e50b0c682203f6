using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace StreamScoring.Onnx.Sessions;

/// <summary>
/// ONNX Runtime reports to its maker where it runs and what it loads, and keeps an id of the
/// machine in the user's folder, unless it is told not to before it starts.
/// (https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md)
/// </summary>
internal static partial class RuntimeTelemetry
{
    /// <summary>Before anything else of the runtime is used.</summary>
    public static void TurnOff()
    {
        const string Variable = "ORT_DISABLE_TELEMETRY";
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
        else
        {
            // What .NET sets only .NET sees: native code has the variables of the process.
            _ = SetVariable(Variable, "1", overwrite: 1);
        }

        OrtEnv.Instance().DisableTelemetryEvents();
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
