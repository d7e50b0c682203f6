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

    private readonly List<LogRecord> _deadLetters = [new(0, 0, 0, [], Source: new Position("payments", 0, 2))];

    [Fact]
    public void Nothing_is_held_against_logs_that_are_as_promised() => Assert.Empty(Judge());

    [Fact]
    public void Positions_that_are_written_again_in_order_are_dropped_by_readers()
    {
        _decisions.InsertRange(3, [Decision(0, "p-0", 9), Decision(1, "p-1", 9)]);
        _deadLetters.Add(_deadLetters[0]);
        Assert.Empty(Judge());
        Assert.StartsWith(
            "answers that a read_committed reader sees again, or out of order: 1, such as 2 decisions, 1 dead letters, Position { Topic = payments, Partition = 0, Offset = 0 } at ",
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
        Finds("dead letter without its record: 1, such as payments/0/4", () => _deadLetters.Add(new LogRecord(0, 1, 0, [], Source: new Position("payments", 0, 4))));

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

    private void Finds(string violation, Action breakIt)
    {
        breakIt();
        Assert.Contains(Judge(), found => found.StartsWith(violation, StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Judge(bool isTransactional = false) =>
        DecisionOracle.Judge(new Logs(_payments, [], _decisions, _deadLetters), TimeSpan.FromMinutes(1), isTransactional).Violations;

    private static LogRecord Payment(long offset, string id, long? eventTimeMs = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, new Payment { PaymentId = id, EventTimeMs = eventTimeMs ?? offset, AmountMinor = 100, Currency = "EUR", CustomerId = "c" });
        writer.Flush();
        return new LogRecord(0, offset, offset, buffer.WrittenSpan.ToArray(), Expect.Decision);
    }

    /// <param name="count">Payments of the customer so far, in every window; each was of 1.00.</param>
    private static LogRecord Decision(long offset, string id, int count, long? eventTimeMs = null, string? flag = null, int score = 1)
    {
        var source = new DecisionSource("eu", "payments", 0, offset);
        var decision = SampleDecisions.Of(source, id, flags: flag is null ? [] : [flag]) with
        {
            EventTimeMs = eventTimeMs ?? offset,
            Score = score,
            Features = [.. ((int[])[1, 7, 30]).SelectMany(days => (KeyValuePair<string, object?>[])
                [new($"customer_nb_tx_{days}d", (double)count), new($"customer_avg_amount_{days}d", 1.0)])],
        };
        return new LogRecord(0, offset, offset, SampleDecisions.Compact(decision), Source: new Position("payments", 0, offset));
    }
}
