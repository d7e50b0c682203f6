using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Takeover;

namespace StreamScoring.Tests.Takeover;

public sealed class TransactionOffsetsTests
{
    private readonly TransactionOffsets _offsets = new(TestBatch.Logs);

    [Fact]
    public void A_transaction_commits_behind_the_last_record_of_each_log_that_it_answers()
    {
        _offsets.Begin();
        _offsets.Note(Batch((TestBatch.Payments, 4, true), (TestBatch.Labels, 7, true), (TestBatch.Payments, 5, true), (TestBatch.MorePayments, 9, false)));
        Assert.Equal("member", _offsets.Claim(() => "member", _ => true));
        Assert.Equal([(TestBatch.Labels, 8L), (TestBatch.Payments, 6L)], _offsets.Sent.Select(sent => (sent.LogIndex, sent.Next)));
    }

    [Fact]
    public void What_an_aborted_transaction_noted_does_not_count()
    {
        _offsets.Begin();
        _offsets.Note(Batch((TestBatch.Payments, 4, true)));
        _offsets.Claim(() => "member", _ => true);
        _offsets.Begin();
        Assert.NotNull(_offsets.Claim(() => "member", _ => true));
        Assert.Empty(_offsets.Sent);
        // And it may be written again.
        _offsets.Note(Batch((TestBatch.Payments, 4, true)));
        _offsets.Committed();
        Assert.Throws<InvariantBrokenException>(() => _offsets.Note(Batch((TestBatch.Payments, 4, true))));
    }

    [Fact]
    public void It_is_asked_as_whom_it_may_write_before_it_is_asked_what()
    {
        var asked = new List<string>();
        _offsets.Begin();
        _offsets.Note(Batch((TestBatch.Payments, 4, true)));
        _offsets.Claim(() => Asked("member"), _ => Asked("log") == "log");
        Assert.Equal(["member", "log"], asked);

        string Asked(string what)
        {
            asked.Add(what);
            return what;
        }
    }

    [Fact]
    public void What_went_to_another_is_not_committed_whoever_the_member_is()
    {
        _offsets.Begin();
        _offsets.Note(Batch((TestBatch.Payments, 4, true), (TestBatch.MorePayments, 2, true)));
        var failure = Assert.Throws<DeliveryFailedException>(() => _offsets.Claim(() => "member", logIndex => logIndex == TestBatch.Payments));
        Assert.Equal("eu/payments/1 was given up before all that was taken of it was written", failure.Message);
        Assert.Throws<DeliveryFailedException>(() => _offsets.Claim<string>(() => null, logIndex => logIndex == TestBatch.Payments));
    }

    [Fact]
    public void Who_is_no_member_at_the_moment_commits_nothing()
    {
        _offsets.Begin();
        _offsets.Note(Batch((TestBatch.Payments, 4, true)));
        Assert.Null(_offsets.Claim<string>(() => null, _ => true));
    }

    private static PaymentBatch Batch(params (int LogIndex, long Offset, bool Decide)[] rows)
    {
        var batch = new PaymentBatch(TestBatch.Layout, rows.Length, 64);
        foreach (var (logIndex, offset, decide) in rows)
        {
            batch.Append(logIndex, offset, TestBatch.LogTimestampMs, decide, "{}"u8, int.MaxValue);
        }

        return batch;
    }
}
