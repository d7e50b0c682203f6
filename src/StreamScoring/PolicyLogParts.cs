using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Telemetry;

namespace StreamScoring;

/// <summary>What it takes to follow a policy that comes from logs.</summary>
/// <param name="Maker">Makes policies of what the control log says.</param>
public sealed record PolicyLogParts(IPolicyMaker Maker)
{
    /// <summary>
    /// Runs what takes a while elsewhere. Never two at a time, as a change is begun only behind the
    /// one before.
    /// </summary>
    public Action<Action> Run { get; init; } = static action => Task.Run(action);

    /// <summary>Null where nobody counts.</summary>
    public PolicyMeters? Meters { get; init; }

    /// <summary>
    /// Why the policy at the start is not what the control log says; null where it is.
    /// </summary>
    public string? Problem { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
