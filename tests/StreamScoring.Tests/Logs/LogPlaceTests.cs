using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.Tests.Telemetry;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Logs;

public sealed class LogPlaceTests
{
    private static readonly LogTable Logs = new([(new LogId("eu", "payments", 0), LogKind.Payments), (new LogId("eu", "labels", 0), LogKind.Labels)]);

    private const int Labels = 0, Payments = 1;

    private readonly PartitionOwnership _ownership = new(Logs);
    private readonly List<string> _notices = [];

    [Fact]
    public void A_log_whose_first_records_are_gone_is_read_from_what_is_there_and_what_is_gone_is_said_once()
    {
        var place = NewPlace(Payments);
        _ownership.Own(Payments, decideFrom: 2);
        place.StartAt(new LogStart(Next: 5, Begin: 5, Folded: 0));
        Assert.Equal(-1, place.StartBatch());
        Assert.Equal(-1, place.StartBatch());
        Assert.True(place.Take(5));
        Assert.Equal(
            ["eu/payments/0 begins at offset 5: 5 records were deleted before they were folded", "eu/payments/0 begins at offset 5: 3 records were deleted before they were decided"],
            _notices);
    }

    [Fact]
    public void A_log_that_becomes_owned_is_read_again_from_its_first_record_at_the_earliest()
    {
        var place = NewPlace(Payments);
        place.StartAt(new LogStart(Next: 5, Begin: 5, Folded: 5));
        Assert.Equal(-1, place.StartBatch());
        Assert.False(place.Take(5));
        Assert.False(place.Take(6));
        _ownership.Own(Payments, decideFrom: 0);
        Assert.Equal(5, place.StartBatch());
        Assert.Equal(5, place.Next);
        Assert.True(place.Take(5));
        Assert.Equal(["eu/payments/0 begins at offset 5: 5 records were deleted before they were decided"], _notices);
    }

    [Fact]
    public void A_reader_that_was_overtaken_by_retention_goes_on_from_what_is_there()
    {
        var place = NewPlace(Payments);
        _ownership.Own(Payments, decideFrom: 0);
        place.StartAt(new LogStart(0, 0, 0));
        place.StartBatch();
        place.Take(0);
        place.Take(1);
        place.Lose();
        Assert.True(place.IsLost);
        Assert.Equal(-1, place.StartBatch());
        Assert.True(place.IsLost);
        place.GoOn(begin: 10);
        Assert.False(place.IsInLog);
        Assert.Equal(10, place.StartBatch());
        Assert.True(place.IsInLog);
        Assert.Equal(10, place.Next);
        Assert.Equal(
            ["eu/payments/0 begins at offset 10: 8 records were deleted before they were folded", "eu/payments/0 begins at offset 10: 8 records were deleted before they were decided"],
            _notices);

        // It happens again: only what went since is told.
        place.Lose();
        place.GoOn(begin: 12);
        Assert.Equal(12, place.StartBatch());
        Assert.EndsWith("12: 2 records were deleted before they were decided", _notices[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_folded_before_a_reader_went_back_is_no_loss_of_the_state()
    {
        var place = NewPlace(Payments);
        place.StartAt(new LogStart(0, 0, 0));
        place.StartBatch();
        for (var offset = 0; offset < 20; offset++)
        {
            place.Take(offset);
        }

        _ownership.Own(Payments, decideFrom: 4);
        Assert.Equal(4, place.StartBatch());
        place.Lose();
        place.GoOn(begin: 9);
        Assert.Equal(9, place.StartBatch());
        Assert.Equal(["eu/payments/0 begins at offset 9: 5 records were deleted before they were decided"], _notices);
    }

    [Fact]
    public void A_place_that_is_in_the_log_after_all_stays()
    {
        var place = NewPlace(Payments);
        place.StartAt(new LogStart(7, 0, 7));
        place.StartBatch();
        place.Lose();
        place.GoOn(begin: 3);
        Assert.Equal(7, place.StartBatch());
        Assert.Empty(_notices);
    }

    [Fact]
    public void Labels_are_owed_no_decisions()
    {
        var place = NewPlace(Labels);
        _ownership.Own(Labels, decideFrom: 0);
        place.StartAt(new LogStart(5, 5, 0));
        place.StartBatch();
        Assert.Equal(["eu/labels/0 begins at offset 5: 5 records were deleted before they were folded"], _notices);
    }

    [Fact]
    public void What_is_gone_is_counted_by_log_and_by_what_it_was_gone_before()
    {
        using var meter = new EngineMeter();
        using var readings = new MeterReadings(meter);
        var losses = new RecordLosses(new PositionMeters(meter), NullLogger.Instance);
        losses.Unfolded(Logs[Payments], "id", begin: 5, next: 0);
        losses.Undecided(Logs[Payments], "id", begin: 5, next: 2);
        // Looked at again, as by a graph that starts over.
        losses.Undecided(Logs[Payments], "id", begin: 5, next: 0);
        Assert.Equal(5, readings["scoring_records_gone_total{region=\"eu\",topic=\"payments\",partition=\"0\",before=\"fold\"}"]);
        Assert.Equal(3, readings["scoring_records_gone_total{region=\"eu\",topic=\"payments\",partition=\"0\",before=\"decision\"}"]);
    }

    private LogPlace NewPlace(int logIndex) => new(Logs, logIndex, _ownership, new RecordLosses(null, new TextLogger(_notices.Add)));
}
