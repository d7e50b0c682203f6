using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Quality;

namespace StreamScoring.Tests.Quality;

public sealed class QualityJoinTests
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    private static readonly FiredRule Big = new("big", "block", IsShadow: false), Odd = new("odd", "review", IsShadow: true);

    private static readonly PaymentOutcome[] Outcomes =
    [
        new("champion", "m@1", IsFlagged: false, DecisionAction.Allow, [], []),
        new("champion", "m@1", IsFlagged: true, DecisionAction.Review, [], [new ShadowVerdict("s@1", IsFlagged: true)]),
        new("champion", "m@1", IsFlagged: true, DecisionAction.Block, [Big], [new ShadowVerdict("s@1", IsFlagged: false)]),
        new("canary", "c@1", IsFlagged: false, DecisionAction.Allow, [Odd], []),
        new("canary", "c@1", IsFlagged: true, DecisionAction.Block, [Big, Odd], []),
        new(PaymentOutcome.NoRole, "", IsFlagged: true, DecisionAction.Review, [], []),
    ];

    private static readonly double[] Probabilities = [0.01, 0.6, 0.95, 0.02, 0.99, double.NaN];

    /// <summary>
    /// What happens to a payment, in whatever order: 0 and 1 a decision, 2 and 3 a label, 4 a
    /// restart.
    /// </summary>
    private static readonly Gen<(int Kind, int Payment, int Outcome, int KnownAfterHours, bool IsFraud)[]> Happenings =
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 30], Gen.Int[0, Outcomes.Length - 1], Gen.Int[0, 5], Gen.Bool).Array[0, 150];

    [Fact]
    public void Counts_are_those_of_all_decisions_and_labels_in_whatever_order_they_came_and_over_restarts() =>
        Happenings.Sample(happenings =>
        {
            var (join, slow) = (new QualityJoin(new QualityOptions()), new SlowQuality());
            foreach (var happening in happenings)
            {
                join = Happen(join, slow, happening);
            }

            Assert.Equal(slow.Decided.Count, join.Held);
            var days = new QualityReporter(join).Days(int.MaxValue);
            Assert.Equal(slow.Decided.Select(SlowQuality.DayOf).Distinct().OrderDescending(StringComparer.Ordinal), days.Select(day => day.Day));
            foreach (var (day, figures) in days.Select(day => (day.Day, day.Figures)))
            {
                Assert.Equal(slow.Count(day, _ => true), figures.All);
                Assert.Equal(slow.Count(day, outcome => outcome.Action != DecisionAction.Allow), figures.Stopped);
                Assert.Equal(figures.All.Payments, figures.Actions.Sum(action => action.All.Payments));
                Assert.All(figures.Actions, action => Assert.Equal(slow.Count(day, outcome => IsDone(outcome, action.Action)), action.All));
                foreach (var rule in new[] { Big, Odd })
                {
                    var counted = figures.Rules.SingleOrDefault(of => of.Rule == rule.Rule)?.Fired ?? new QualityCounts(0, 0, 0, 0, 0);
                    Assert.Equal(slow.Count(day, outcome => outcome.Rules!.Contains(rule)), counted);
                }

                foreach (var model in figures.Models)
                {
                    bool IsOf(PaymentOutcome outcome) => model.Role == "shadow" ? outcome.Shadows!.Any(shadow => shadow.Model == model.Model) : (outcome.Role, outcome.Model) == (model.Role, model.Model);
                    bool IsFlagged(PaymentOutcome outcome) => model.Role == "shadow" ? outcome.Shadows!.Single(shadow => shadow.Model == model.Model).IsFlagged : outcome.IsFlagged;
                    var flagged = slow.Count(day, outcome => IsOf(outcome) && IsFlagged(outcome));
                    Assert.Equal((slow.Count(day, IsOf), flagged), (model.All, model.Flagged));
                    Assert.Equal(flagged.Payments - flagged.Blocked == 0 ? null : (double)flagged.Frauds / (flagged.Payments - flagged.Blocked), model.Precision?.Value);
                    Assert.Equal(model.All.Frauds == 0 ? null : (double)flagged.Frauds / model.All.Frauds, model.Recall?.Value);
                    if (model.Role is not ("shadow" or PaymentOutcome.NoRole))
                    {
                        Assert.Equal(slow.Expected(day, outcome => IsOf(outcome) && IsFlagged(outcome)) ?? double.NaN, model.Expected ?? double.NaN, tolerance: 1e-4);
                    }
                }
            }
        });

    [Fact]
    public void Where_there_is_no_room_a_share_that_follows_from_the_keys_is_held_exactly() =>
        Gen.Select(Gen.Int[0, 400].Array[0, 600], Gen.Int[1, 80]).Sample((payments, paymentsMax) =>
        {
            var (join, slow) = (new QualityJoin(new QualityOptions { BytesMax = paymentsMax * QualityOptions.PaymentBytes }), new SlowQuality());
            foreach (var payment in payments)
            {
                Happen(join, slow, (Kind: 0, payment, Outcome: payment % Outcomes.Length, 0, false));
                Happen(join, slow, (Kind: 2, payment, 0, 1, payment % 5 == 0));
                Assert.InRange(join.Held, 0, paymentsMax);
            }

            foreach (var day in new QualityReporter(join).Days(int.MaxValue))
            {
                foreach (var action in day.Figures.Actions)
                {
                    var held = slow.Count(day.Day, outcome => IsDone(outcome, action.Action), payment => IsInShare(payment, day.Weight));
                    var marked = slow.Count(day.Day, outcome => outcome.IsMarked && IsDone(outcome, action.Action), payment => IsInShare(payment, day.Weight));
                    Assert.Equal((marked.Payments * day.Weight.Marked) + ((held.Payments - marked.Payments) * day.Weight.Others), action.All.Payments);
                    Assert.Equal((marked.Frauds * day.Weight.Marked) + ((held.Frauds - marked.Frauds) * day.Weight.Others), action.All.Frauds);
                }
            }
        });

    [Fact]
    public void Others_are_thinned_out_long_before_marked_payments()
    {
        var join = new QualityJoin(new QualityOptions { BytesMax = 1000 * QualityOptions.PaymentBytes });
        var slow = new SlowQuality();
        for (var payment = 0; payment < 20_000; payment++)
        {
            Happen(join, slow, (Kind: 0, payment, Outcome: payment % 100 == 0 ? 1 : 0, 0, false));
            Happen(join, slow, (Kind: 2, payment, 0, 1, payment % 50 == 0));
        }

        foreach (var day in new QualityReporter(join).Days(int.MaxValue))
        {
            Assert.Equal(1, day.Weight.Marked);
            Assert.InRange(day.Weight.Others, 16, 128);
            // All that was flagged is held, so what is said of it is no estimate.
            Assert.Equal(slow.Count(day.Day, outcome => outcome.IsMarked), day.Figures.Stopped);
            Assert.InRange(day.Figures.All.Payments, 5000 * 0.75, 5000 * 1.25);
        }
    }

    [Fact]
    public void Counts_of_two_processes_add_up_to_those_of_one() =>
        Happenings.Sample(happenings =>
        {
            var slow = new SlowQuality();
            var (all, halves) = (new QualityJoin(new QualityOptions()), new[] { new QualityJoin(new QualityOptions()), new QualityJoin(new QualityOptions()) });
            foreach (var happening in happenings)
            {
                all = Happen(all, slow, happening);
                for (var half = 0; half < halves.Length; half++)
                {
                    // Each decides its own payments, and all read all labels.
                    if (happening.Kind > 1 || happening.Payment % halves.Length == half)
                    {
                        halves[half] = Happen(halves[half], new SlowQuality(), happening);
                    }
                }
            }

            var sums = halves.SelectMany(half => new QualityReporter(half).Days(int.MaxValue)).ToLookup(day => day.Day, day => day.Figures.All);
            Assert.All(new QualityReporter(all).Days(int.MaxValue), day => Assert.Equal(day.Figures.All, sums[day.Day].Aggregate((one, other) => new QualityCounts(
                one.Payments + other.Payments, one.Frauds + other.Frauds, one.Genuine + other.Genuine, one.Silent + other.Silent, one.Blocked + other.Blocked))));
        });

    [Fact]
    public void A_label_is_joined_corrected_repeated_superseded_or_waits()
    {
        var (join, slow) = (new QualityJoin(new QualityOptions()), new SlowQuality());
        var (key, timeMs) = (SlowQuality.KeyOf(1), SlowQuality.EventTimeMs(1));
        Assert.Equal(LabelOutcome.NotHeld, join.Label(key, timeMs, timeMs + HourMs, isFraud: false));
        Assert.Equal(1, join.Waiting);
        Happen(join, slow, (Kind: 0, Payment: 1, Outcome: 1, 0, false));
        Assert.Equal((0, 1), (join.Waiting, join.LabelsJoinedLater));
        Assert.Equal(LabelOutcome.Repeated, join.Label(key, timeMs, timeMs + HourMs, isFraud: false));
        Assert.Equal(LabelOutcome.Corrected, join.Label(key, timeMs, timeMs + (3 * HourMs), isFraud: true));
        Assert.Equal(1, Figures().All.Frauds);
        Assert.Equal(LabelOutcome.Superseded, join.Label(key, timeMs, timeMs + (2 * HourMs), isFraud: false));
        Assert.Equal(LabelOutcome.Corrected, join.Label(key, timeMs, timeMs + (4 * HourMs), isFraud: false));
        Assert.Equal((0, 1), (Figures().All.Frauds, Figures().All.Genuine));
        Happen(join, slow, (Kind: 0, Payment: 2, Outcome: 0, 0, false));
        Assert.Equal(LabelOutcome.Joined, join.Label(SlowQuality.KeyOf(2), SlowQuality.EventTimeMs(2), SlowQuality.EventTimeMs(2) + HourMs, isFraud: true));

        QualityFigures Figures() => Assert.Single(new QualityReporter(join).Days(int.MaxValue), day => day.Day == SlowQuality.DayOf(1)).Figures;
    }

    [Fact]
    public void Days_leave_when_they_are_too_long_ago_and_others_do_not_come()
    {
        var join = new QualityJoin(new QualityOptions { DaysMax = 3 });
        var today = 20_000L * DayMs;
        foreach (var age in new[] { 0, 1, 2 })
        {
            join.Decide((ulong)age + 1, today - (age * DayMs), Outcomes[0], 0.01);
        }

        join.Advance(today);
        join.Decide(10, today - (3 * DayMs), Outcomes[0], 0.01);
        join.Decide(11, today + (2 * DayMs), Outcomes[0], 0.01);
        Assert.Equal((3, 2L), (join.Held, join.PaymentsOfOtherDays));
        Assert.Equal(LabelOutcome.OtherDay, join.Label(10, today - (3 * DayMs), today, isFraud: true));
        join.Advance(today + DayMs);
        Assert.Equal((2, 2), (join.Held, join.Days.Count));
        Assert.Equal(LabelOutcome.OtherDay, join.Label(3, today - (2 * DayMs), today, isFraud: true));
    }

    [Fact]
    public void Before_a_watermark_is_known_no_more_days_are_held_than_ever()
    {
        var join = new QualityJoin(new QualityOptions { DaysMax = 3 });
        for (var day = 0; day < 100; day++)
        {
            join.Decide((ulong)day + 1, day * DayMs, Outcomes[0], 0.01);
        }

        Assert.Equal((5, 5), (join.Days.Count, join.Held));
    }

    [Fact]
    public void A_day_is_complete_once_most_labels_have_had_the_time_that_they_take()
    {
        var (join, day) = (new QualityJoin(new QualityOptions()), 20_000);
        for (var payment = 0; payment < 100; payment++)
        {
            var timeMs = (day * DayMs) + payment;
            join.Decide((ulong)payment + 1, timeMs, Outcomes[1], 0.5);
            // Genuine ones are known after an hour, frauds after two days.
            join.Label((ulong)payment + 1, timeMs, timeMs + (payment % 2 == 0 ? HourMs : 2 * DayMs), isFraud: payment % 2 != 0);
        }

        join.Advance(QualityJoin.EndMsOf(day) + DayMs);
        Assert.InRange(join.CompleteAfter!.Value.TotalDays, 2, 2 * 1.022);
        Assert.False(join.IsComplete(day));
        Assert.Equal(0, join.ShareKnown(day));
        Assert.Empty(new QualityReporter(join).RecentDays);
        join.Advance(QualityJoin.EndMsOf(day) + (long)join.CompleteAfter.Value.TotalMilliseconds + 1);
        Assert.True(join.IsComplete(day));
        Assert.Equal(1, join.ShareKnown(day));
        Assert.Equal([day], new QualityReporter(join).RecentDays);
    }

    [Fact]
    public void Of_few_labels_no_delay_is_told_and_no_day_is_complete()
    {
        var join = new QualityJoin(new QualityOptions());
        for (var payment = 0; payment < LabelDelays.LabelsMin - 1; payment++)
        {
            join.Label((ulong)payment + 1, 20_000 * DayMs, (20_000 * DayMs) + HourMs, isFraud: true);
        }

        join.Advance(20_040 * DayMs);
        Assert.Null(join.CompleteAfter);
        Assert.False(join.IsComplete(20_000));
    }

    [Fact]
    public void Silence_counts_as_genuine_only_where_that_is_said_and_never_of_a_blocked_payment()
    {
        foreach (var isSilenceGenuine in new[] { true, false })
        {
            var join = new QualityJoin(new QualityOptions { IsSilenceGenuine = isSilenceGenuine });
            for (var payment = 0; payment < 8; payment++)
            {
                join.Decide((ulong)payment + 1, 20_000 * DayMs, Outcomes[payment < 4 ? 1 : 2], 0.5);
            }

            join.Label(1, 20_000 * DayMs, 20_001 * DayMs, isFraud: true);
            join.Label(2, 20_000 * DayMs, 20_001 * DayMs, isFraud: false);
            join.Label(5, 20_000 * DayMs, 20_001 * DayMs, isFraud: true);
            var stopped = Assert.Single(new QualityReporter(join).Days(1)).Figures;
            Assert.Equal(new QualityCounts(8, 2, 1, 2, 3), stopped.Stopped);
            Assert.Equal(isSilenceGenuine ? 2 / 5.0 : 2 / 3.0, stopped.Precision!.Value);
        }
    }

    [Fact]
    public void Outcomes_of_no_held_day_are_forgotten()
    {
        var join = new QualityJoin(new QualityOptions { DaysMax = 2 });
        for (var day = 0; day < 60; day++)
        {
            for (var version = 0; version < 1000; version++)
            {
                join.Decide((ulong)((day * 1000) + version + 1), day * DayMs, new PaymentOutcome("champion", $"m@{day}-{version}", IsFlagged: false, DecisionAction.Allow, [], []), 0.1);
            }

            join.Advance(day * DayMs);
        }

        Assert.InRange(join.Outcomes.Count, 2000, 4100);
        var figures = new QualityReporter(join).Days(1)[0].Figures;
        Assert.Equal((1000, 0), (figures.Models.Count, figures.RulesUntold));
        Assert.All(figures.Models, model => Assert.StartsWith("m@59-", model.Model, StringComparison.Ordinal));
    }

    private static bool IsDone(PaymentOutcome outcome, string action) => string.Equals(outcome.Action.ToString(), action, StringComparison.OrdinalIgnoreCase);

    private static bool IsInShare(int payment, DayWeight weight) =>
        (SlowQuality.KeyOf(payment) & ((ulong)(Outcomes[payment % Outcomes.Length].IsMarked ? weight.Marked : weight.Others) - 1)) == 0;

    private static QualityJoin Happen(QualityJoin join, SlowQuality slow, (int Kind, int Payment, int Outcome, int KnownAfterHours, bool IsFraud) happening)
    {
        var (kind, payment, outcome, hours, isFraud) = happening;
        var (key, timeMs) = (SlowQuality.KeyOf(payment), SlowQuality.EventTimeMs(payment));
        switch (kind)
        {
            case 0 or 1:
                join.Decide(key, timeMs, Outcomes[outcome], Probabilities[outcome]);
                slow.Decide(payment, Outcomes[outcome], double.IsNaN(Probabilities[outcome]) ? 0 : Probabilities[outcome]);
                return join;
            case 2 or 3:
                join.Label(key, timeMs, timeMs + (hours * HourMs), isFraud);
                slow.Label(payment, timeMs + (hours * HourMs), isFraud);
                return join;
            default:
                using (var stream = new MemoryStream())
                {
                    join.Write(new BinaryWriter(stream));
                    stream.Position = 0;
                    var next = new QualityJoin(join.Options);
                    next.Read(new BinaryReader(stream));
                    Assert.Equal(stream.Length, stream.Position);
                    return next;
                }
        }
    }
}
