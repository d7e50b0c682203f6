using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What the health endpoints say: of a process's life, and of the logs of the graph that decides.
/// Read by any thread.
/// </summary>
internal sealed class PipelineHealth(ProcessLife life)
{
    private volatile LogHealth? _logs;

    /// <summary>
    /// Why the process decides nothing, or not all that it should; null where it does.
    /// </summary>
    public string? NotReady => life.Now is var now && now.State == LifeState.Deciding ? Awaited?.Invoke() ?? FailuresOf(isDegradation: false) : TextOf(now);

    /// <summary>
    /// What fails though the process decides all of its payments, one line each; null for nothing.
    /// </summary>
    public string? Degraded => (FailuresOf(isDegradation: true), life.Now.State == LifeState.Deciding ? Policy?.Invoke() : null) switch
    {
        (var logs, null) => logs,
        (var logs, { } policy) => $"{(logs is null ? "" : $"{logs}\n")}the policy is not what the control log says: {policy}",
    };

    /// <summary>
    /// Tells why the policy that decides is not what the control log says; null where no graph
    /// runs.
    /// </summary>
    public Func<string?>? Policy { get; set; }

    /// <summary>
    /// Tells which model is waited for while nothing is decided; null where no graph runs, or no
    /// log names models.
    /// </summary>
    public Func<string?>? Awaited { get; set; }

    /// <summary>Why the process must be restarted; null while it lives.</summary>
    public string? Failed => life.Now is { State: LifeState.Failed } failed ? failed.Why : null;

    /// <summary>How the logs stand that the graph reads; null where none runs.</summary>
    public LogHealth? Logs
    {
        get => _logs;
        set => _logs = value;
    }

    /// <summary>A state as health and notices call it.</summary>
    public static string NameOf(LifeState state) => state == LifeState.StartingOver ? "starting over" : state.ToString().ToLowerInvariant();

    private static string TextOf(LifeStep step) => step.State == LifeState.Failed ? step.Why : step.Why.Length > 0 ? $"{NameOf(step.State)}: {step.Why}" : NameOf(step.State);

    private string? FailuresOf(bool isDegradation)
    {
        var failures = life.Now.State != LifeState.Deciding ? null
            : _logs?.Look().Where(standing => standing.Failure != LogFailure.None && standing.IsDegradation == isDegradation).Select(standing => standing.Text).ToList();
        return failures is { Count: > 0 } ? string.Join('\n', failures) : null;
    }
}
