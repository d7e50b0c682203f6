using System.Diagnostics;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A process of the program that goes on until it is stopped, and what it has said so far.
/// </summary>
internal sealed class RunningProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task _ended;
    private readonly List<string> _lines = [];
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RunningProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        _process = ScoringProcess.Start(environment, arguments);
        _process.OutputDataReceived += (_, said) => Note(said.Data);
        _process.ErrorDataReceived += (_, said) => Note(said.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _ended = _process.WaitForExitAsync();
    }

    /// <summary>Everything it has said, one line each.</summary>
    public string Said
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends it a signal by name, such as STOP.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndsAsync()
    {
        await _ended.WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Waits for lines that hold a text.</summary>
    /// <param name="from">Lines before this one do not count.</param>
    /// <returns>How many lines it has said up to and including the first one that does.</returns>
    public async Task<int> SaysAsync(string text, int from = 0)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task said;
            lock (_lines)
            {
                var found = _lines.FindIndex(from, line => line.Contains(text, StringComparison.Ordinal));
                if (found >= 0)
                {
                    return found + 1;
                }

                said = _said.Task;
            }

            try
            {
                // A process that is gone says nothing more: all that it said is here once the task
                // is done.
                if (await Task.WhenAny(said, _ended).WaitAsync(patience.Token) == _ended && !said.IsCompleted)
                {
                    throw new InvalidOperationException($"a process ended with {_process.ExitCode} before it said {text}: {Said}");
                }
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"a process never said {text}, but: {Said}");
            }
        }
    }

    /// <summary>How many lines it has said by now.</summary>
    public int LineCount
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
            _said.TrySetResult();
            _said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
