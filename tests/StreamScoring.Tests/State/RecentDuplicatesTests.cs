using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Tests.State;

public sealed class RecentDuplicatesTests
{
    private const int Own = 0, Elsewhere = 1;

    private readonly RecentDuplicates _duplicates = new(new LogTable(
        [(new LogId("eu", "payments", 0), LogKind.Payments)], [(new LogId("us", "payments", 0), LogKind.Payments, "us")]));

    [Fact]
    public void A_payment_that_came_first_in_another_region_has_the_decision_of_the_first_that_came_here()
    {
        _duplicates.Add(Own, 10, Elsewhere, 77);
        _duplicates.Add(Own, 12, Elsewhere, 77);
        Assert.Equal((Own, 10L), _duplicates.DecidedFirst(Elsewhere, 77));
        Assert.True(_duplicates.TryFind(Own, 12, out var firstLog, out var firstOffset));
        Assert.Equal((Elsewhere, 77), (firstLog, firstOffset));
    }

    [Fact]
    public void One_that_came_first_here_has_its_own_and_copies_elsewhere_have_none_here()
    {
        _duplicates.Add(Own, 12, Own, 10);
        _duplicates.Add(Elsewhere, 78, Elsewhere, 77);
        Assert.Equal((Own, 10L), _duplicates.DecidedFirst(Own, 10));
        Assert.Equal((Elsewhere, 77L), _duplicates.DecidedFirst(Elsewhere, 77));
    }

    [Fact]
    public void The_oldest_go_with_all_that_is_known_of_them()
    {
        _duplicates.Add(Own, 10, Elsewhere, 77);
        for (var offset = 100; offset < 100 + RecentRecords.CountMax; offset++)
        {
            _duplicates.Add(Own, offset, Own, 50);
        }

        Assert.False(_duplicates.TryFind(Own, 10, out _, out _));
        Assert.Equal((Elsewhere, 77L), _duplicates.DecidedFirst(Elsewhere, 77));
        Assert.Equal(RecentRecords.CountMax, _duplicates.ToArray().Length);
    }
}
