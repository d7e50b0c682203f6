namespace StreamScoring.Host.Serving;

/// <summary>What the health endpoints say. Set by the process's life cycle, read by any thread.</summary>
internal sealed class PipelineHealth
{
    private volatile string? _notReady = "starting";
    private volatile string? _failed;

    /// <summary>Why the process should not get traffic yet; null once it decides.</summary>
    public string? NotReady => _failed ?? _notReady;

    /// <summary>Why the process must be restarted; null while it lives.</summary>
    public string? Failed => _failed;

    public void Ready() => _notReady = null;

    /// <summary>The graph failed and is built again.</summary>
    public void StartingOver(string reason) => _notReady = $"starting over: {reason}";

    public void Draining() => _notReady = "draining";

    public void Fail(string reason) => _failed = reason;
}
