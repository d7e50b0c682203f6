using Microsoft.Extensions.Logging;

namespace StreamScoring.Signals;

/// <summary>
/// What the engine tells operators. Ids 1000 to 1999. Docs/events.md lists them, and none is ever
/// used for another event.
/// </summary>
internal static partial class EngineEvents
{
    [LoggerMessage(1001, LogLevel.Warning, "{Region}/{Topic}/{Partition} begins at offset {Begin}: {Count} records were deleted before they were folded")]
    public static partial void GoneBeforeFold(this ILogger logger, string region, string topic, int partition, long begin, long count);

    [LoggerMessage(1002, LogLevel.Error, "{Region}/{Topic}/{Partition} begins at offset {Begin}: {Count} records were deleted before they were decided")]
    public static partial void GoneBeforeDecision(this ILogger logger, string region, string topic, int partition, long begin, long count);

    [LoggerMessage(
        1003, LogLevel.Warning,
        "{Region}/{Topic}/{Partition} offset {Offset} is stamped {Stamped}, ahead of now ({Now}): a publisher's clock is wrong. {Count} of this log since the last notice. "
        + "Its time is not believed; set message.timestamp.after.max.ms on the topic")]
    public static partial void StampedAhead(this ILogger logger, string region, string topic, int partition, long offset, string stamped, string now, long count);

    /// <param name="features">Their names.</param>
    [LoggerMessage(
        1004, LogLevel.Warning,
        "payments come in {Currency} and in {OtherCurrency}, and these features take their amounts together as they are: {Features}. Let each be of: amount_base, or look at one currency (where: currency == \"EUR\")")]
    public static partial void CurrenciesAreAdded(this ILogger logger, string currency, string otherCurrency, string features);

    /// <param name="cause">A sentence, with its place.</param>
    [LoggerMessage(1011, LogLevel.Warning, "{Cause}")]
    public static partial void Fails(this ILogger logger, string cause);

    /// <param name="since">How long by now: <c>61 s</c>.</param>
    [LoggerMessage(1012, LogLevel.Warning, "still, after {Since}: {Cause}")]
    public static partial void StillFails(this ILogger logger, string since, string cause);

    [LoggerMessage(1013, LogLevel.Information, "over after {Since}: {Cause}")]
    public static partial void FailureOver(this ILogger logger, string since, string cause);

    /// <param name="series">Where further ones are counted.</param>
    [LoggerMessage(1021, LogLevel.Warning, "model {Model}: {Effect}: {Cause}. Further failures of this kind are only counted: {Series}")]
    public static partial void ModelFails(this ILogger logger, string model, string effect, string cause, string series);

    /// <param name="effect">What becomes of payments meanwhile.</param>
    [LoggerMessage(1022, LogLevel.Error, "model {Model} is left alone for {Seconds} s, as it failed in a row or did not come to an end: {Effect}")]
    public static partial void ModelRests(this ILogger logger, string model, double seconds, string effect);

    [LoggerMessage(1023, LogLevel.Information, "model {Model} scores again")]
    public static partial void ModelAnswersAgain(this ILogger logger, string model);

    [LoggerMessage(1024, LogLevel.Warning, "the deadline ladder steps down from {From} to {To}: payments would not be decided within decide.budget, and scoring takes the time")]
    public static partial void LadderStepsDown(this ILogger logger, string from, string to);

    [LoggerMessage(1025, LogLevel.Information, "the deadline ladder steps up from {From} to {To}")]
    public static partial void LadderStepsUp(this ILogger logger, string from, string to);

    /// <param name="cause">The exception with its stack: it is a bug of ours.</param>
    [LoggerMessage(1026, LogLevel.Error, "drift is watched no more until this process starts anew, and payments are decided as before: {Cause}")]
    public static partial void DriftNotWatched(this ILogger logger, string cause);

    /// <param name="cause">The exception with its stack: it is a bug of ours.</param>
    [LoggerMessage(1027, LogLevel.Error, "quality is watched no more until this process starts anew, and payments are decided as before: {Cause}")]
    public static partial void QualityNotWatched(this ILogger logger, string cause);

    [LoggerMessage(1028, LogLevel.Error, "shadow {Folder} is left out, and the other roles are in force: {Cause}")]
    public static partial void ShadowLeftOut(this ILogger logger, string folder, string cause);

    [LoggerMessage(1031, LogLevel.Warning, "snapshot {Snapshot} is passed over: {Reason}")]
    public static partial void SnapshotPassedOver(this ILogger logger, string snapshot, string reason);

    [LoggerMessage(1032, LogLevel.Warning, "{Reason}")]
    public static partial void SnapshotUnreadable(this ILogger logger, string reason);

    [LoggerMessage(1033, LogLevel.Warning, "snapshot {Snapshot} holds {Log}, which this process does not read")]
    public static partial void SnapshotHoldsMore(this ILogger logger, string snapshot, string log);

    [LoggerMessage(
        1034, LogLevel.Warning, "topic {Topic} was made anew since snapshot {Snapshot}: what was folded of the former one stays, and the new one is folded from its beginning")]
    public static partial void TopicMadeAnew(this ILogger logger, string topic, string snapshot);

    /// <param name="parts">Which parts of the policy.</param>
    [LoggerMessage(1041, LogLevel.Information, "{Log} offset {Offset}: {By} changed {Parts}: {Why}")]
    public static partial void ChangeTaken(this ILogger logger, string log, long offset, string by, string parts, string why);

    [LoggerMessage(1042, LogLevel.Warning, "{Log} offset {Offset}: the change by {By} does not count: {Reason}")]
    public static partial void ChangeRefused(this ILogger logger, string log, long offset, string by, string reason);

    [LoggerMessage(1043, LogLevel.Error, "{Log} offset {Offset}: the change cannot be applied here, so the policy of before goes on deciding: {Reason}")]
    public static partial void ChangeNotApplied(this ILogger logger, string log, long offset, string reason);

    [LoggerMessage(1044, LogLevel.Warning, "{Topic}/{Partition} offset {Offset} is passed over: {Reason}")]
    public static partial void PolicyRecordIgnored(this ILogger logger, string topic, int partition, long offset, string reason);
}
