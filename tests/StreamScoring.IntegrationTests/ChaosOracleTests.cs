extern alias chaos;

using System.Buffers;
using System.Text;
using chaos::StreamScoring.Chaos.Oracle;
using MessagePack;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>The oracle of the chaos runs finds what it is there for.</summary>
public sealed class ChaosOracleTests
{
    private readonly List<LogRecord> _payments =
    [
        Payment(0, "p-0"), Payment(1, "p-1"), new(0, 2, 2, Encoding.UTF8.GetBytes("nothing"), Expect.DeadLetter), Payment(3, "p-1", eventTimeMs: 1), Payment(4, "p-4"),
    ];

    private readonly List<LogRecord> _decisions =
        [Decision(0, "p-0", 1), Decision(1, "p-1", 2), Decision(3, "p-1", 2, eventTimeMs: 1, flag: "duplicate"), Decision(4, "p-4", 3)];

    private readonly List<LogRecord> _deadLetters = [DeadLetter(2)];

    private readonly List<Deletion> _deletions = [];

    /// <summary>What the topic held that was there before; null where there was none.</summary>
    private List<LogRecord>? _formerPayments;

    [Fact]
    public void Nothing_is_held_against_logs_that_are_as_promised() => Assert.Empty(Judge());

    [Fact]
    public void Positions_that_are_written_again_in_order_are_dropped_by_readers()
    {
        _decisions.InsertRange(3, [Decision(0, "p-0", 9), Decision(1, "p-1", 9)]);
        _deadLetters.Add(_deadLetters[0]);
        Assert.Empty(Judge());
        Assert.StartsWith(
            "answers that a read_committed reader sees again, or out of order: 1, such as 2 decisions, 1 dead letters, payments/0/0 of topic now at ",
            Assert.Single(Judge(isTransactional: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_that_is_missing_is_found() => Finds("payment without a visible decision: 1, such as payments/0/1", () => _decisions.RemoveAt(1));

    [Fact]
    public void A_decision_that_comes_behind_a_later_one_is_one_that_no_reader_sees() =>
        Finds("payment without a visible decision: 1, such as payments/0/1", () => _decisions.Reverse(1, 2));

    [Fact]
    public void A_dead_letter_that_is_missing_is_found() => Finds("invalid record without a visible dead letter: 1", _deadLetters.Clear);

    [Fact]
    public void A_dead_letter_for_a_payment_is_found() =>
        Finds("dead letter without its record: 1, such as payments/0/4", () => _deadLetters.Add(DeadLetter(4)));

    [Fact]
    public void A_repeated_payment_that_is_decided_like_a_new_one_is_found() =>
        Finds("repeated payment without the flag duplicate: 1", () => _decisions[2] = Decision(3, "p-1", 2, eventTimeMs: 1));

    [Fact]
    public void A_repeated_payment_with_another_outcome_is_found() =>
        Finds("repeated payment with another outcome than its first decision: 1", () => _decisions[2] = Decision(3, "p-1", 2, eventTimeMs: 1, flag: "duplicate", score: 7));

    [Fact]
    public void A_payment_that_was_counted_twice_is_found() =>
        Finds("feature that differs from its recount: 3, such as payments/0/4: customer_nb_tx_1d is 4, counted 3", () => _decisions[3] = Decision(4, "p-4", 4));

    [Fact]
    public void A_decision_in_another_partition_is_found() =>
        Finds("decision in a partition that is not its source's: 1", () => _decisions[3] = _decisions[3] with { Partition = 1 });

    [Fact]
    public void What_was_deleted_before_it_was_decided_may_have_no_decision()
    {
        DeleteBefore(3, answered: 0);
        var verdict = Verdict();
        Assert.Empty(verdict.Violations);
        Assert.Equal((3, 3), (verdict.Gone, verdict.NotCompared.Count));
    }

    [Fact]
    public void A_decision_that_is_missing_just_behind_what_was_deleted_is_found() => Finds("payment without a visible decision: 1, such as payments/0/3", () =>
    {
        DeleteBefore(3, answered: 0);
        _decisions.RemoveAt(0);
    });

    [Fact]
    public void A_decision_that_is_missing_before_one_on_a_record_that_was_deleted_later_is_found() => Finds("payment without a visible decision: 1, such as payments/0/0", () =>
    {
        DeleteBefore(3, answered: 0);
        _decisions.Insert(0, Decision(1, "p-1", 1));
    });

    [Fact]
    public void A_dead_letter_that_is_missing_behind_what_was_deleted_is_found() => Finds("invalid record without a visible dead letter: 1, such as payments/0/2", () =>
    {
        _deletions.Add(new Deletion(0, 2));
        _deadLetters.Clear();
    });

    [Fact]
    public void A_dead_letter_that_is_missing_before_a_decision_is_found_whatever_was_deleted_later() => Finds("invalid record without a visible dead letter: 1, such as payments/0/2", () =>
    {
        _deletions.Add(new Deletion(0, 5));
        _deadLetters.Clear();
    });

    [Fact]
    public void What_was_deleted_in_another_partition_excuses_nothing() => Finds("payment without a visible decision: 1, such as payments/0/1", () =>
    {
        _deletions.Add(new Deletion(1, 5));
        _decisions.RemoveAt(1);
    });

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public void Of_records_that_are_gone_a_decision_counts_at_least_those_that_are_not_and_at_most_all(int count, bool isRight)
    {
        // Payments p-0 and p-1 are gone, and the repeat of p-1 may have been counted for it.
        _deletions.Add(new Deletion(0, 3));
        _decisions[3] = Decision(4, "p-4", count);
        Assert.Equal(isRight, Judge().Count == 0);
    }

    [Fact]
    public void A_repeat_of_a_payment_that_is_gone_may_be_decided_like_a_new_one_and_one_of_a_payment_that_is_there_may_not()
    {
        _deletions.Add(new Deletion(0, 2));
        _decisions[2] = Decision(3, "p-1", 2, eventTimeMs: 1);
        Assert.Empty(Judge());
        _payments.Add(Payment(5, "p-4", 4));
        Finds("repeated payment without the flag duplicate: 1, such as payments/0/5", () => _decisions.Add(Decision(5, "p-4", 3, eventTimeMs: 4)));
    }

    [Fact]
    public void A_payment_that_never_came_before_is_no_duplicate_whatever_is_gone() => Finds("first decision with the flag duplicate: 1, such as payments/0/4", () =>
    {
        _deletions.Add(new Deletion(0, 2));
        _decisions[3] = Decision(4, "p-4", 3, flag: "duplicate");
    });

    [Fact]
    public void Decisions_on_a_former_topic_may_end_anywhere_and_say_nothing_of_the_one_that_is_there()
    {
        MakeAnew(decided: 2);
        var verdict = Verdict();
        Assert.Empty(verdict.Violations);
        Assert.Equal(1, verdict.Gone);
    }

    [Fact]
    public void A_decision_that_is_missing_on_the_new_topic_is_found_though_the_former_one_has_it() => Finds("payment without a visible decision: 1, such as payments/0/1 (", () =>
    {
        MakeAnew(decided: 3);
        _decisions.RemoveAll(decision => decision.Source == new Position("payments", Now, 0, 1));
    });

    [Fact]
    public void A_decision_that_is_missing_on_a_former_topic_before_one_that_is_there_is_found() =>
        Finds("payment without a visible decision: 1, such as payments/0/1 of the former topic", () =>
        {
            MakeAnew(decided: 3);
            _decisions.RemoveAll(decision => decision.Source == new Position("payments", Former, 0, 1));
        });

    [Fact]
    public void A_decision_that_is_written_twice_under_one_id_is_a_repeat_and_under_another_is_not()
    {
        MakeAnew(decided: 3);
        Assert.Equal(0, Verdict().Repeated);
        _decisions.Add(_decisions[0] with { Offset = 99 });
        Assert.Equal(1, Verdict().Repeated);
    }

    [Fact]
    public void A_decision_that_names_a_topic_that_never_was_is_found() =>
        Finds("decision without its payment: 1, such as payments/0/7 of topic never", () => _decisions.Add(Decision(7, "p-7", 1, topicId: "never")));

    [Fact]
    public void A_record_of_the_new_topic_may_be_decided_under_the_former_id_but_then_under_its_own_too()
    {
        MakeAnew(decided: 2);
        // Offset 4 was never in the former topic; the new one's was decided for it, and is known
        // when its own turn comes.
        _decisions.Insert(2, Decision(4, "p-4", 3, topicId: Former));
        _decisions[^1] = Decision(4, "p-4", 3, flag: "duplicate");
        var verdict = Verdict();
        Assert.Empty(verdict.Violations);
        Assert.Equal(1, verdict.UnderFormerId);
        Finds("payment without a visible decision: 1, such as payments/0/4", () => _decisions.RemoveAt(_decisions.Count - 1));
    }

    [Fact]
    public void A_payment_of_a_former_topic_that_comes_again_may_be_known_and_may_be_counted()
    {
        MakeAnew(decided: 3);
        _payments.Add(Payment(5, "f-0", 5));
        _decisions.Add(Decision(5, "f-0", 1, eventTimeMs: 5, flag: "duplicate", score: 7));
        Assert.Empty(Judge());
        _decisions[^1] = Decision(5, "f-0", 4, eventTimeMs: 5);
        Assert.Empty(Judge());
    }

    [Fact]
    public void A_repeat_that_is_stamped_further_away_than_the_window_is_a_new_payment()
    {
        _payments[3] = Payment(3, "p-1", 3, timestampMs: 1 + WindowMs + 1);
        Finds("first decision with the flag duplicate: 1, such as payments/0/3", () => { });
        _decisions[2] = Decision(3, "p-1", 3);
        _decisions[3] = Decision(4, "p-4", 4);
        Assert.Empty(Judge());
    }

    [Fact]
    public void A_repeat_that_is_stamped_behind_its_payment_is_one_within_the_window()
    {
        _payments[1] = Payment(1, "p-1", timestampMs: 3 + WindowMs);
        Assert.Empty(Judge());
        _payments[1] = Payment(1, "p-1", timestampMs: 3 + WindowMs + 1);
        Assert.NotEmpty(Judge());
    }

    /// <param name="onTime">Records of the third block that are stamped as those before them: 16
    /// hold the log's clock, 15 do not.</param>
    [Theory]
    [InlineData(16, true)]
    [InlineData(15, false)]
    public void A_payment_is_known_until_the_clock_of_its_log_is_a_window_past_its_blocks(int onTime, bool isKnown)
    {
        const int block = 1024;
        _payments.RemoveRange(2, 3);
        _decisions.RemoveRange(2, 2);
        _deadLetters.Clear();
        for (var offset = 2; offset < 3 * block; offset++)
        {
            var timestampMs = offset < (2 * block) + onTime ? 2 : 2 + WindowMs + 1;
            _payments.Add(new LogRecord(0, offset, timestampMs, []));
        }

        _payments.Add(Payment(3 * block, "p-1", 1, timestampMs: 3));
        _decisions.Add(Decision(3 * block, "p-1", 2, eventTimeMs: 1, flag: "duplicate"));
        Assert.Equal(isKnown ? 0 : 1, Judge().Count(violation => violation.StartsWith("first decision with the flag duplicate: 1", StringComparison.Ordinal)));
        _decisions[^1] = Decision(3 * block, "p-1", 3, eventTimeMs: 1);
        Assert.Equal(isKnown ? 1 : 0, Judge().Count(violation => violation.StartsWith("repeated payment without the flag duplicate: 1", StringComparison.Ordinal)));
    }

    private const string Now = "now", Former = "former";

    private const long WindowMs = 60_000;

    /// <summary>Deletes the first records, of which only some were answered.</summary>
    private void DeleteBefore(long offset, long answered)
    {
        _deletions.Add(new Deletion(0, offset));
        _decisions.RemoveAll(decision => decision.Source!.Value.Offset >= answered && decision.Source!.Value.Offset < offset);
        _deadLetters.RemoveAll(letter => letter.Source!.Value.Offset >= answered && letter.Source!.Value.Offset < offset);
    }

    /// <summary>
    /// Puts a topic of three payments of the same customer before the one that is there.
    /// </summary>
    private void MakeAnew(int decided)
    {
        _formerPayments = [Payment(0, "f-0"), Payment(1, "f-1"), Payment(2, "f-2")];
        _decisions.InsertRange(0, Enumerable.Range(0, decided).Select(offset => Decision(offset, $"f-{offset}", offset + 1, topicId: Former)));
    }

    private void Finds(string violation, Action breakIt)
    {
        breakIt();
        Assert.Contains(Judge(), found => found.StartsWith(violation, StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Judge(bool isTransactional = false) => Verdict(isTransactional).Violations;

    private Verdict Verdict(bool isTransactional = false)
    {
        var payments = new List<InputTopic> { new("payments", Now, _payments, _deletions) };
        if (_formerPayments is { } former)
        {
            payments.Insert(0, new InputTopic("payments", Former, former, [], IsFormer: true));
        }

        return DecisionOracle.Judge(new RunLogs(payments, [new InputTopic("labels", "labels", [], [])], _decisions, _deadLetters), TimeSpan.FromMilliseconds(WindowMs), isTransactional);
    }

    private static LogRecord Payment(long offset, string id, long? eventTimeMs = null, long? timestampMs = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, new Payment { PaymentId = id, EventTimeMs = eventTimeMs ?? offset, AmountMinor = 100, Currency = "EUR", CustomerId = "c" });
        writer.Flush();
        return new LogRecord(0, offset, timestampMs ?? offset, buffer.WrittenSpan.ToArray(), Expect.Decision);
    }

    private static LogRecord DeadLetter(long offset) => new(0, offset, 0, [], Source: new Position("payments", Now, 0, offset));

    /// <param name="count">Payments of the customer so far, in every window; each was of
    /// 1.00.</param>
    private static LogRecord Decision(long offset, string id, int count, long? eventTimeMs = null, string? flag = null, int score = 1, string topicId = Now)
    {
        var source = new DecisionSource("eu", "payments", 0, offset);
        var decision = SampleDecisions.Of(source, id, flags: flag is null ? [] : [flag]) with
        {
            SourceTopicId = topicId,
            EventTimeMs = eventTimeMs ?? offset,
            Score = score,
            Features = [.. ((int[])[1, 7, 30]).SelectMany(days => (KeyValuePair<string, object?>[])
                [new($"customer_nb_tx_{days}d", (double)count), new($"customer_avg_amount_{days}d", 1.0)])],
        };
        return new LogRecord(0, offset, offset, SampleDecisions.Compact(decision), Source: new Position("payments", topicId, 0, offset));
    }
}
