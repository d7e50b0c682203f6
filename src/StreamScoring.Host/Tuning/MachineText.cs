using System.Runtime.InteropServices;

namespace StreamScoring.Host.Tuning;

/// <summary>The machine that measured, in a line: figures of another are others.</summary>
internal static class MachineText
{
    public static string Describe() =>
        $"{CpuModel() ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    /// <summary>
    /// The load average of the last minute: above 0 before anything is measured, others are at
    /// work. Null where the system does not tell.
    /// </summary>
    public static string? LoadAverage() => FirstLine("/proc/loadavg")?.Split(' ')[0];

    private static string? CpuModel()
    {
        try
        {
            return File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
