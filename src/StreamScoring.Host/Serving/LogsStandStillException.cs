using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Everything was to be read and decided, and some logs have records that are not. Starting over
/// would change nothing that waiting did not.
/// </summary>
internal sealed class LogsStandStillException(IEnumerable<LogStanding> standings) : Exception(
    $"not all is decided: {string.Join("; ", standings.Select(standing => standing.Text))}");
