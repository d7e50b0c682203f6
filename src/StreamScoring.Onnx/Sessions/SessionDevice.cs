using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Sessions;

/// <summary>Puts a session on the device that somebody asked for.</summary>
internal static class SessionDevice
{
    private const string Provider = "CUDAExecutionProvider";

    /// <summary>Names where a build with it comes from.</summary>
    private const string Build = "build scoring with -p:OnnxRuntime=cuda (docs/models.md, Graphics cards)";

    /// <param name="notices">Told where the processor takes the place of a graphics card.</param>
    /// <returns>Whether a graphics card computes it.</returns>
    /// <exception cref="Configuration.InvalidInputFileException">There is none that can be used.
    /// </exception>
    public static bool Choose(string path, ModelDevice device, SessionOptions options, List<string> notices)
    {
        if (device == ModelDevice.Cpu || Problem(options) is not { } problem)
        {
            return device != ModelDevice.Cpu;
        }

        if (device == ModelDevice.Cuda)
        {
            throw ModelRefused.Because(path, $"is to be computed by a graphics card (device: cuda), and {problem}. Say cuda_or_cpu, and the processor does where there is none");
        }

        notices.Add($"the processor computes it, as {problem}");
        return false;
    }

    /// <returns>Null where a graphics card can be used.</returns>
    private static string? Problem(SessionOptions options)
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains(Provider))
        {
            return $"this build cannot use one; {Build}";
        }

        try
        {
            options.AppendExecutionProvider_CUDA();
            return null;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            return $"none can be used here: {ModelRefused.FirstLine(e.Message)}";
        }
    }
}
