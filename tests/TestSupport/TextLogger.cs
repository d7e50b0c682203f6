using Microsoft.Extensions.Logging;

namespace StreamScoring.TestSupport;

/// <summary>Hands on what each event says, as an operator reads it.</summary>
internal sealed class TextLogger(Action<EventId, string> said) : ILogger
{
    public TextLogger(Action<string> said)
        : this((_, text) => said(text))
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        said(eventId, formatter(state, exception));
}
