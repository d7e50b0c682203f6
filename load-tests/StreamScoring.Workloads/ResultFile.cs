using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace StreamScoring.Workloads;

/// <summary>
/// Raw results as JSON lines: the machine first, then every run, then the summary. Without a file
/// only the summary is shown.
/// </summary>
public sealed class ResultFile(string? path)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public void Machine(string benchmark, string command) => Append(new
    {
        benchmark,
        command,
        startedAt = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        build = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        cpu = CpuModel(),
        cores = Environment.ProcessorCount,
        memoryGib = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        os = RuntimeInformation.OSDescription,
        runtime = RuntimeInformation.FrameworkDescription,
        // Above 0 before anything started: others were at work.
        loadAverageAtStart = FirstWord("/proc/loadavg"),
    });

    public void Append(object line)
    {
        if (path is not null)
        {
            File.AppendAllText(path, JsonSerializer.Serialize(line, Format) + "\n");
        }
    }

    /// <summary>The lines so far, each as far as it has the properties asked for.</summary>
    public IEnumerable<T> Read<T>() => File.ReadLines(path!).Select(line => JsonSerializer.Deserialize<T>(line, Format)!);

    /// <summary>The one line on stdout.</summary>
    public void Summary(object line)
    {
        Append(line);
        Console.WriteLine(JsonSerializer.Serialize(line, Format));
    }

    public static string? CpuModel() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string? FirstWord(string file) => File.Exists(file) ? File.ReadAllText(file).Split(' ')[0] : null;
}
