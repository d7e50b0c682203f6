using StreamScoring.Kafka;

namespace StreamScoring.IntegrationTests;

/// <summary>What topics make of records that carry their events' times.</summary>
public sealed class TimestampLimitTests
{
    private const long Hour = 3_600_000, Now = 1000 * Hour;

    [Theory]
    [InlineData("", null, null)]
    [InlineData("retention.ms=-1;message.timestamp.before.max.ms=9223372036854775807", null, null)]
    [InlineData("retention.ms=3600000", null, "keeps records for 01:00:00 (retention.ms)")]
    [InlineData("message.timestamp.before.max.ms=3600000", "takes records of the last 01:00:00 (message.timestamp.before.max.ms)", null)]
    [InlineData("message.timestamp.difference.max.ms=3600000", "takes records of the last 01:00:00 (message.timestamp.difference.max.ms)", null)]
    [InlineData("message.timestamp.after.max.ms=60000", "takes records stamped up to 00:01:00 ahead (message.timestamp.after.max.ms)", null)]
    [InlineData("message.timestamp.type=LogAppendTime;message.timestamp.before.max.ms=1;retention.ms=1", null, "--timestamps event changes nothing there")]
    public void What_brokers_would_refuse_or_delete_soon_is_told_before_anything_is_published(string settings, string? refusal, string? notice)
    {
        var set = settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=')).ToDictionary(setting => setting[0], setting => setting[1]);
        var found = TimestampLimit.OfEventTimes("topic payments", set, Now - (2 * Hour), Now + (Hour / 2), Now);
        Assert.Equal((refusal is null, notice is null), (found.Refusal is null, found.Notice is null));
        Assert.Contains(refusal ?? "", found.Refusal ?? "", StringComparison.Ordinal);
        Assert.Contains(notice ?? "", found.Notice ?? "", StringComparison.Ordinal);
        Assert.True(found.Refusal?.StartsWith("topic payments ", StringComparison.Ordinal) != false);
    }
}
