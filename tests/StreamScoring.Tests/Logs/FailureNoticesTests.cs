using Microsoft.Extensions.Logging;
using StreamScoring.Logs;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Logs;

public sealed class FailureNoticesTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _said = [];
    private readonly List<int> _ids = [];
    private readonly FailureNotices _notices;

    public FailureNoticesTests() => _notices = new FailureNotices(_clock, new TextLogger(Note));

    [Fact]
    public void A_failure_is_said_at_once_then_at_growing_intervals_and_when_it_is_over()
    {
        for (var second = 0; second < 600; second++)
        {
            _notices.Report("log", "the log stands still");
            _notices.Repeat();
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _notices.End("log");
        Assert.Equal(
            [
                "the log stands still", "still, after 60 s: the log stands still", "still, after 3 min: the log stands still", "still, after 7 min: the log stands still",
                "over after 10 min: the log stands still",
            ],
            _said);
        Assert.Equal([1011, 1012, 1012, 1012, 1013], _ids);
    }

    [Fact]
    public void A_failure_that_lasts_for_days_is_said_once_an_hour()
    {
        _notices.Report("log", "x");
        for (var minute = 0; minute < 60 * 48; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            _notices.Repeat();
        }

        Assert.InRange(_said.Count, 48, 54);
    }

    [Fact]
    public void What_is_said_again_has_the_newest_text_and_what_never_failed_is_not_over()
    {
        _notices.Report("log", "1 record waits");
        _notices.Report("log", "2 records wait");
        _clock.Advance(FailureNotices.FirstInterval);
        _notices.Repeat();
        _notices.End("another");
        Assert.Equal(["1 record waits", "still, after 60 s: 2 records wait"], _said);
    }

    private void Note(EventId id, string text)
    {
        _ids.Add(id.Id);
        _said.Add(text);
    }
}
