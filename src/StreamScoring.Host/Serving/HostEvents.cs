using Microsoft.Extensions.Logging;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What a serving process tells operators. Ids 3000 to 3999. Docs/events.md lists them, and none is
/// ever used for another event.
/// </summary>
internal static partial class HostEvents
{
    /// <param name="model">Its folder.</param>
    [LoggerMessage(3001, LogLevel.Information, "{Model}: {Notice}")]
    public static partial void ModelNotice(this ILogger logger, string model, string notice);

    [LoggerMessage(3002, LogLevel.Warning, "{File}" + IdentityNotice.Text)]
    public static partial void NoIdentitySecret(this ILogger logger, string file);

    /// <param name="limit">A sentence on a topic's limit of timestamps.</param>
    [LoggerMessage(3003, LogLevel.Information, "{Limit}")]
    public static partial void TimestampLimit(this ILogger logger, string limit);

    [LoggerMessage(3004, LogLevel.Warning, "goes on without region {Region}, until it answers: {Reason}")]
    public static partial void RegionIsAway(this ILogger logger, string region, string reason);

    [LoggerMessage(3005, LogLevel.Warning, "waits: {Reason}")]
    public static partial void Waits(this ILogger logger, string reason);

    /// <param name="policy">As decisions name it.</param>
    [LoggerMessage(3006, LogLevel.Information, "rules or lists changed: {Rules} rules and {Lists} lists are in force, policy {Policy}")]
    public static partial void RulesTaken(this ILogger logger, int rules, int lists, string policy);

    [LoggerMessage(3007, LogLevel.Warning, "changed rules or lists are not taken, those in force stay: {Reason}")]
    public static partial void RulesRefused(this ILogger logger, string reason);

    [LoggerMessage(3008, LogLevel.Error, "the policy that the control log says cannot be applied here, so the one before it decides: {Reason}")]
    public static partial void PolicyNotMade(this ILogger logger, string reason);

    [LoggerMessage(3009, LogLevel.Information, "{File}: lists is not read, as the policy is that of logs: put entries there with scoring lists import NAME FILE")]
    public static partial void ListsNotRead(this ILogger logger, string file);

    [LoggerMessage(3011, LogLevel.Error, "the graph failed: {Reason}")]
    public static partial void GraphFailed(this ILogger logger, string? reason);

    [LoggerMessage(3012, LogLevel.Warning, "starting over: {Reason}")]
    public static partial void StartsOver(this ILogger logger, string reason);

    /// <param name="regions">How many partitions each has now.</param>
    [LoggerMessage(3013, LogLevel.Information, "partitions were added: {Regions}")]
    public static partial void PartitionsAdded(this ILogger logger, string regions);

    [LoggerMessage(
        3021, LogLevel.Warning, "the brokers do not tell the topics' ids, so no snapshots are used or written, and a topic that is made anew is told by its end alone")]
    public static partial void NoTopicIds(this ILogger logger);

    /// <param name="payment">Its position, or that of the first one of a call.</param>
    [LoggerMessage(3025, LogLevel.Error, "the process before died in a call of model {Version} that began with payment {Payment}; its payments are scored one by one for a while, and from the second time on the model is not asked for the one that it dies of")]
    public static partial void DiedInACall(this ILogger logger, string version, string payment);

    [LoggerMessage(3026, LogLevel.Information, "{Folder}: calls of models are not marked there, so a model that crashes the process is not recognized: {Reason}")]
    public static partial void CallsAreNotMarked(this ILogger logger, string folder, string reason);

    [LoggerMessage(3027, LogLevel.Warning, "waits for model {Model}, which the control log names at offset {Offset} and the topic of models does not hold: {Seconds:0} s at the most")]
    public static partial void ModelAwaited(this ILogger logger, string model, long offset, double seconds);

    [LoggerMessage(3028, LogLevel.Warning, "{Folder}: what is known of the quality of decisions is not written there, so a restart loses some or all of it: {Reason}")]
    public static partial void QualityNotWritten(this ILogger logger, string folder, string reason);

    [LoggerMessage(3029, LogLevel.Warning, "{File} is not taken, and the quality of decisions is counted from now on: {Reason}")]
    public static partial void QualityBegunAnew(this ILogger logger, string file, string reason);

    [LoggerMessage(3022, LogLevel.Information, "restored the state of {CreatedAt:O} in {Seconds:0.00} s")]
    public static partial void StateRestored(this ILogger logger, DateTimeOffset createdAt, double seconds);

    [LoggerMessage(3023, LogLevel.Information, "snapshot of {Bytes:N0} bytes written in {Seconds:0.00} s")]
    public static partial void SnapshotWritten(this ILogger logger, long bytes, double seconds);

    [LoggerMessage(3024, LogLevel.Error, "no snapshot was written: {Reason}")]
    public static partial void SnapshotNotWritten(this ILogger logger, string reason);
}
