using Microsoft.Extensions.Logging;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// What the adapter tells operators. Ids 2000 to 2999. Docs/events.md lists them, and none is ever
/// used for another event.
/// </summary>
internal static partial class KafkaEvents
{
    /// <param name="connection">The region, and the brokers' addresses.</param>
    [LoggerMessage(2001, LogLevel.Information, "{Connection}: batches have at most {Bytes} bytes, as {Topics} takes no larger ones (max.message.bytes)")]
    public static partial void BatchesAreLimited(this ILogger logger, string connection, int bytes, string topics);

    [LoggerMessage(2002, LogLevel.Warning, "{Connection}: batches have at most {Bytes} bytes from now on (emit.batchBytesMax)")]
    public static partial void BatchesAreHalved(this ILogger logger, string connection, int bytes);

    [LoggerMessage(2003, LogLevel.Warning, "{Connection}: {Reason}")]
    public static partial void ProducerFails(this ILogger logger, string connection, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "{Connection}: a transaction is aborted and written again: {Reason}")]
    public static partial void TransactionIsRepeated(this ILogger logger, string connection, string reason);

    [LoggerMessage(2011, LogLevel.Information, "owns {Partitions}; their decided ends took {Seconds:0.000} s")]
    public static partial void Owns(this ILogger logger, string partitions, double seconds);

    /// <param name="positions">For each log, the first offset that is decided here.</param>
    [LoggerMessage(2012, LogLevel.Information, "decides {Positions}")]
    public static partial void Decides(this ILogger logger, string positions);

    [LoggerMessage(2013, LogLevel.Information, "gives up {Partitions}")]
    public static partial void GivesUp(this ILogger logger, string partitions);

    [LoggerMessage(2014, LogLevel.Warning, "asks again where decisions end: {Reason}")]
    public static partial void AsksAgain(this ILogger logger, string reason);

    [LoggerMessage(
        2015, LogLevel.Warning, "{Decisions}/{Partition}: {Count} records claim decisions on {Log} up to offset {Highest}, which ends at {End}; they are ignored")]
    public static partial void ClaimsAreIgnored(this ILogger logger, string decisions, int partition, long count, LogId log, long highest, long end);

    [LoggerMessage(2016, LogLevel.Warning, "{Connection}: answers of shadow models cannot be written to topic {Topic}: {Reason}. Further ones are only counted (scoring_shadow_answers_total); scoring topics create makes the topic")]
    public static partial void ShadowAnswersAreLost(this ILogger logger, string connection, string topic, string reason);

    [LoggerMessage(2021, LogLevel.Information, "region {Region} is followed again")]
    public static partial void RegionIsFollowedAgain(this ILogger logger, string region);
}
