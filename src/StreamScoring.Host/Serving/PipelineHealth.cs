using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>What the health endpoints say. Set by the process's life cycle, read by any thread.</summary>
internal sealed class PipelineHealth
{
    private volatile string? _notReady = "starting";
    private volatile string? _failed;
    private volatile LogHealth? _logs;

    /// <summary>
    /// Why the process decides nothing, or not all that it should; null where it does.
    /// </summary>
    public string? NotReady => _failed ?? _notReady ?? FailuresOf(isDegradation: false);

    /// <summary>
    /// What fails though the process decides all of its payments, one line each; null for nothing.
    /// </summary>
    public string? Degraded => FailuresOf(isDegradation: true);

    /// <summary>Why the process must be restarted; null while it lives.</summary>
    public string? Failed => _failed;

    /// <param name="logs">How the logs stand from now on.</param>
    public void Ready(LogHealth logs) => (_logs, _notReady) = (logs, null);

    /// <summary>The graph failed and is built again.</summary>
    public void StartingOver(string reason) => (_logs, _notReady) = (null, $"starting over: {reason}");

    public void Draining() => (_logs, _notReady) = (null, "draining");

    public void Fail(string reason) => _failed = reason;

    private string? FailuresOf(bool isDegradation)
    {
        var failures = _logs?.Look().Where(standing => standing.Failure != LogFailure.None && standing.IsDegradation == isDegradation).Select(standing => standing.Text).ToList();
        return failures is { Count: > 0 } ? string.Join('\n', failures) : null;
    }
}
