using Microsoft.Extensions.Logging;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Structured logs, one JSON object a line, on stderr. Nothing that is logged holds a field of a
/// payment.
/// </summary>
internal static class PipelineLog
{
    public static ILoggerFactory Create() => LoggerFactory.Create(logging => logging
        .AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        })
        .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace)
        .SetMinimumLevel(LogLevel.Information));
}
