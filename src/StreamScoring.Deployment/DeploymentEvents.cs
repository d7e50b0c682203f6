using Microsoft.Extensions.Logging;

namespace StreamScoring.Deployment;

/// <summary>
/// What is told of the topology file while a process runs. Ids 4000 to 4999. Docs/events.md lists
/// them, and none is ever used for another event.
/// </summary>
internal static partial class DeploymentEvents
{
    [LoggerMessage(4001, LogLevel.Information, "{File} changed: {Changes}")]
    public static partial void TopologyTaken(this ILogger logger, string file, string changes);

    [LoggerMessage(4002, LogLevel.Warning, "{File} changed: these keys need a restart, until then their old values stay in force: {Keys}")]
    public static partial void KeysNeedRestart(this ILogger logger, string file, string keys);

    [LoggerMessage(4003, LogLevel.Warning, "{Reason}; the changed file is not taken, the values in force stay")]
    public static partial void TopologyRefused(this ILogger logger, string reason);

    [LoggerMessage(4004, LogLevel.Warning, "{Problem}; the values in force stay")]
    public static partial void TopologyUnreadable(this ILogger logger, string? problem);
}
