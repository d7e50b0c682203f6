using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.Chaos.World;

/// <summary>
/// One process of `scoring run`, kept running as a supervisor would: one that ends by itself is
/// started again, and that is counted.
/// </summary>
public sealed class Member(string name, int port, string dataFolder, string logFolder, IReadOnlyList<string> settings, bool isSupervised = true) : IDisposable
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) };
    private readonly Lock _lock = new();
    private Process? _process;
    private bool _isWanted;

    public string Name => name;

    public string SnapshotFolder => Path.Combine(dataFolder, "snapshots");

    /// <summary>Whether it is to run now.</summary>
    public bool IsWanted => _isWanted;

    /// <summary>Times that it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>How it ended where nobody had asked for it: exit code and last line.</summary>
    public List<string> EndedByItself { get; } = [];

    public int ProcessId => _process?.Id ?? 0;

    public void Start()
    {
        lock (_lock)
        {
            _isWanted = true;
            var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
            var program = Path.Combine(SharedFolder.RepositoryRoot, "src", "StreamScoring.Host", "bin", configuration, "net10.0", "scoring.dll");
            var topology = Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "topology.yaml");
            var start = new ProcessStartInfo("dotnet", [
                program, "run", "--topology", topology, "--set", $"data={dataFolder}", "--set", $"http.port={port}",
                .. settings.SelectMany(setting => new[] { "--set", setting })])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["SCORING_TRACE"] = "1";
            var process = new Process { StartInfo = start, EnableRaisingEvents = true };
            var log = TextWriter.Synchronized(new StreamWriter(Path.Combine(logFolder, $"{name}.log"), append: true) { AutoFlush = true });
            log.WriteLine($"--- start {Starts + 1} at {DateTime.UtcNow:HH:mm:ss.fff}");
            var last = "";
            process.OutputDataReceived += (_, line) => Note(log, line.Data, ref last);
            process.ErrorDataReceived += (_, line) => Note(log, line.Data, ref last);
            process.Exited += (_, _) =>
            {
                // Waits for what it still had to say.
                process.WaitForExit();
                log.WriteLine($"--- ended with {process.ExitCode} at {DateTime.UtcNow:HH:mm:ss.fff}");
                log.Dispose();
                OnExited(process, last);
            };
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _process = process;
            Starts++;
        }
    }

    /// <summary>kill -9; it stays away until it is started again.</summary>
    public async Task KillAsync()
    {
        var process = Release();
        if (process is not null)
        {
            Signals.Send(process.Id, Signals.Kill);
            await process.WaitForExitAsync();
        }
    }

    /// <summary>
    /// Asks it to end: what was taken is decided, the group is left, the state is written.
    /// </summary>
    /// <returns>Its exit code; null where it did not end in time and was killed.</returns>
    public async Task<int?> StopAsync(TimeSpan patience)
    {
        if (Release() is not { } process)
        {
            return null;
        }

        Signals.Send(process.Id, Signals.Term);
        using var cancel = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(cancel.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Signals.Send(process.Id, Signals.Kill);
            await process.WaitForExitAsync();
            return null;
        }
    }

    public void Freeze() => Signals.Send(ProcessId, Signals.Stop);

    public void Thaw() => Signals.Send(ProcessId, Signals.Cont);

    /// <returns>Why it does not decide now; null where it does.</returns>
    public async Task<string?> ProblemAsync(CancellationToken cancel)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
            return response.IsSuccessStatusCode ? null : $"{name} says {(await response.Content.ReadAsStringAsync(cancel)).Trim()}";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return $"{name} does not answer: {e.Message}";
        }
    }

    /// <returns>Null where it does not say now.</returns>
    public async Task<(IReadOnlyDictionary<string, long> Vector, string Digest)?> StateAsync(CancellationToken cancel)
    {
        try
        {
            var state = await _http.GetFromJsonAsync<JsonElement>(new Uri("/state", UriKind.Relative), cancel);
            return (state.GetProperty("vector").EnumerateObject().ToDictionary(log => log.Name, log => log.Value.GetInt64()), state.GetProperty("digest").GetString()!);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private Process? Release()
    {
        lock (_lock)
        {
            _isWanted = false;
            return _process;
        }
    }

    private static void Note(TextWriter log, string? line, ref string last)
    {
        if (line is not null)
        {
            last = line;
            log.WriteLine(line);
        }
    }

    private void OnExited(Process process, string last)
    {
        lock (_lock)
        {
            if (!_isWanted || process != _process)
            {
                return;
            }

            EndedByItself.Add($"{name} with {process.ExitCode}: {last}");
        }

        if (isSupervised)
        {
            Thread.Sleep(RestartPause);
            lock (_lock)
            {
                if (_isWanted && process == _process)
                {
                    Start();
                }
            }
        }
    }
}
