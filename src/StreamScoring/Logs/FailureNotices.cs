using Microsoft.Extensions.Logging;
using StreamScoring.Signals;

namespace StreamScoring.Logs;

/// <summary>
/// Tells operators of failures that last: at once, again at growing intervals for as long as they
/// last, and when they are over. So a log that is read from its end still says what is wrong, and
/// one failure does not fill it. By any thread.
/// </summary>
internal sealed class FailureNotices(TimeProvider clock, ILogger logger)
{
    /// <summary>Between the first time and the second; each further one is twice as long.</summary>
    public static readonly TimeSpan FirstInterval = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Failure> _failures = new(StringComparer.Ordinal);

    /// <summary>Something fails, or still does.</summary>
    /// <param name="key">What fails and how: the same for as long as it counts as one
    /// failure.</param>
    /// <param name="text">What is said. It may change while it lasts, as counts do; the next time
    /// it is said it is the newest.</param>
    public void Report(string key, string text)
    {
        lock (_lock)
        {
            if (_failures.TryGetValue(key, out var known))
            {
                known.Text = text;
                return;
            }

            var now = clock.GetTimestamp();
            _failures.Add(key, new Failure { Text = text, Since = now, SaidAt = now });
        }

        logger.Fails(text);
    }

    /// <summary>It is over; where it never was reported, nothing is said.</summary>
    public void End(string key)
    {
        Failure? ended;
        lock (_lock)
        {
            _failures.Remove(key, out ended);
        }

        if (ended is not null)
        {
            logger.FailureOver(Text(clock.GetElapsedTime(ended.Since)), ended.Text);
        }
    }

    /// <summary>Says again what it is time for. To be called every second or so.</summary>
    public void Repeat()
    {
        List<(string Since, string Cause)> due = [];
        lock (_lock)
        {
            foreach (var failure in _failures.Values)
            {
                if (clock.GetElapsedTime(failure.SaidAt) >= failure.Interval)
                {
                    failure.SaidAt = clock.GetTimestamp();
                    failure.Interval = failure.Interval * 2 < IntervalMax ? failure.Interval * 2 : IntervalMax;
                    due.Add((Text(clock.GetElapsedTime(failure.Since)), failure.Text));
                }
            }
        }

        due.ForEach(failure => logger.StillFails(failure.Since, failure.Cause));
    }

    private static string Text(TimeSpan time) => time < TimeSpan.FromMinutes(2)
        ? FormattableString.Invariant($"{time.TotalSeconds:0} s")
        : FormattableString.Invariant($"{time.TotalMinutes:0} min");

    private sealed class Failure
    {
        public required string Text { get; set; }

        public required long Since { get; init; }

        public required long SaidAt { get; set; }

        public TimeSpan Interval { get; set; } = FirstInterval;
    }
}
