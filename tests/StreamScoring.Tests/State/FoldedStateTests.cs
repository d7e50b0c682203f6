using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.Tests.Features;

namespace StreamScoring.Tests.State;

public sealed class FoldedStateTests
{
    private static readonly string Yaml = YamlOf("");

    private static readonly string ShortYaml = YamlOf("lateness: 0s\n");

    /// <summary>
    /// Seeds of what happens around the events: how logs are cut, read and batched.
    /// </summary>
    private static readonly Gen<int> Schedules = Gen.Int[0, 1_000_000];

    [Fact]
    public void Equal_logs_give_equal_digests_however_they_are_interleaved() =>
        Gen.Select(Histories(1, 150), Schedules).Sample((history, schedule) =>
        {
            var ((events, isShort), random) = (history, new Random(schedule));
            var logs = Interleaving.Split(events, random);
            var yaml = isShort ? ShortYaml : Yaml;
            var (left, right) = (new FeatureHarness(yaml, 1 + random.Next(40)), new FeatureHarness(yaml, 1 + random.Next(40)));
            left.FoldAt(Interleaving.Of(logs, random, inOrder: isShort));
            right.FoldAt(Interleaving.Of(logs, random, inOrder: isShort));
            Assert.Equal(left.State.Vector.ToArray(), right.State.Vector.ToArray());
            Assert.Equal(CollectedState.DigestOf(left.State), CollectedState.DigestOf(right.State));
        }, iter: 150);

    [Fact]
    public void A_payment_that_went_to_two_regions_counts_once_on_both_sides_of_a_link() =>
        Gen.Select(RandomEvents.Lists(1, 80, latenessMax: 30), Schedules).Sample((events, schedule) =>
        {
            var random = new Random(schedule);
            var logs = Interleaving.Split(events, random, copies: 3);
            var (left, right, once) = (new FeatureHarness(Yaml, 1 + random.Next(40)), new FeatureHarness(Yaml, 1 + random.Next(40)), new FeatureHarness(Yaml));
            left.FoldAt(Interleaving.Of(logs, random, inOrder: false));
            right.FoldAt(Interleaving.Of(logs, random, inOrder: false));
            once.Fold(events);
            Assert.Equal(CollectedState.DigestOf(left.State), CollectedState.DigestOf(right.State));
            Assert.Equal(CollectedState.DigestOf(once.State), CollectedState.DigestOf(right.State));
        }, iter: 100);

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Payments_dated_ahead_neither_move_the_watermark_nor_empty_a_window(int aheadCount)
    {
        const long Start = 1_000_000, Year = 365L * 86_400_000;
        var yaml = "version: 1\nlateness: 10s\nfeatures:\n  - {name: f, entity: card_id, aggregate: count, window: 1h}\n";
        var harness = new FeatureHarness(yaml, clockBlockRecords: 64);
        harness.Fold(Enumerable.Range(0, 500).Select(i => (object)RandomEvents.NewPayment(i, Start + i, "c-1")));
        harness.Fold(Enumerable.Range(0, aheadCount).Select(i => (object)RandomEvents.NewPayment(1000 + i, Start + Year, $"c-{i}")));
        var features = harness.Fold(Enumerable.Range(500, 500).Select(i => (object)RandomEvents.NewPayment(i, Start + i, "c-1")), out var approximate);
        Assert.InRange(harness.LastWatermarkMs, Start + 500, Start + 1000);
        Assert.Equal(1000, features[^1][0]);
        Assert.All(approximate, Assert.False);
    }

    [Fact]
    public void A_state_keeps_what_it_holds_of_logs_that_are_not_read_any_more()
    {
        var (before, after) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml));
        before.Fold(RandomEvents.Some(3, 40, lateness: 0));
        var copy = CollectedState.Of(before.State);
        var gone = new LogId("us", "payments", 0);
        var unread = after.State.Restore(copy.Head! with { Vector = copy.Head!.Vector.Append(KeyValuePair.Create(gone, 77L)).ToDictionary() });
        Assert.Equal([gone], unread);
        Assert.Equal(77, CollectedState.Of(after.State).Head!.Vector[gone]);
    }

    [Fact]
    public void One_more_event_or_label_changes_the_digest()
    {
        var harness = new FeatureHarness(Yaml);
        var payment = RandomEvents.NewPayment(1, 1_000_000, "c-1");
        harness.Fold([payment]);
        var first = CollectedState.DigestOf(harness.State);
        harness.Fold([new Label { PaymentId = "p-1", EventTimeMs = 1_000_000, KnownAtMs = 1_000_001, Fraud = true, CardId = "c-1" }]);
        var labelled = CollectedState.DigestOf(harness.State);
        harness.Fold([RandomEvents.NewPayment(2, 1_000_000, "c-1")]);
        Assert.Equal(3, new[] { first, labelled, CollectedState.DigestOf(harness.State) }.Distinct().Count());
    }

    [Fact]
    public async Task A_copy_that_is_given_up_is_never_taken_for_the_whole_state()
    {
        var harness = new FeatureHarness(Yaml);
        harness.Fold(RandomEvents.Some(1, 60, lateness: 0, keys: 40));
        using var cancel = new CancellationTokenSource();
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        var copy = harness.State.CopyAsync<bool>((_, chunks) =>
        {
            begun.SetResult();
            try
            {
                ended.SetResult(chunks.Count() >= 0);
            }
            catch (OperationCanceledException)
            {
                ended.SetResult(false);
            }

            return true;
        }, cancel: cancel.Token);
        Assert.True(harness.State.Advance(1 << 16));
        await begun.Task;
        await cancel.CancelAsync();
        Assert.False(await ended.Task);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
    }

    [Fact]
    public void A_copy_made_while_the_state_changes_is_the_state_of_the_moment_it_began() =>
        Gen.Select(RandomEvents.Lists(2, 150, latenessMax: 29, keys: 40), Schedules).Sample((events, schedule) =>
        {
            var random = new Random(schedule);
            var cut = random.Next(events.Count);
            var (harness, until) = (new FeatureHarness(Yaml, 1 + random.Next(8)), new FeatureHarness(Yaml));
            until.Fold(events[..cut]);
            harness.Fold(events[..cut]);
            var copy = CollectedState.WhileFolding(harness, events[cut..], random);
            Assert.Equal(CollectedState.DigestOf(until.State), copy.Digest(harness.Engine));
            Assert.Equal(until.State.Vector[TestBatch.Payments], copy.Head!.Vector.GetValueOrDefault(TestBatch.Logs[TestBatch.Payments]));
        }, iter: 100);

    [Fact]
    public void A_state_restored_at_any_point_goes_on_as_if_nothing_had_happened() =>
        Gen.Select(Histories(2, 150), Gen.Int[0, 1_000_000]).Sample((history, place) =>
        {
            var (events, isShort) = history;
            var cut = place % events.Count;
            var yaml = isShort ? ShortYaml : Yaml;
            var (whole, before, after) = (new FeatureHarness(yaml), new FeatureHarness(yaml), new FeatureHarness(yaml));
            var expected = whole.Fold(events);
            var actual = before.Fold(events[..cut]);
            CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
            actual.AddRange(after.Fold(events[cut..]));
            Assert.Equal(expected, actual);
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(after.State));
            Assert.Equal(whole.State.Payments.ToArray(), after.State.Payments.ToArray());
        }, iter: 100);

    [Fact]
    public void A_payment_that_is_decided_after_it_was_folded_sees_all_that_was_folded_and_itself_last() =>
        Gen.Select(RandomEvents.Lists(1, 80, latenessMax: 20), Gen.Int[0, 1_000_000]).Sample((events, place) =>
        {
            var payments = events.OfType<Payment>().Cast<object>().ToList();
            var again = place % payments.Count;
            var harness = new FeatureHarness(Yaml);
            harness.Fold(payments);
            var digest = CollectedState.DigestOf(harness.State);
            var actual = harness.FoldAt([(TestBatch.Payments, again, payments[again])]).Single();

            var last = new FeatureHarness(Yaml).Fold(payments.Where((_, i) => i != again).Append(payments[again]))[^1];
            for (var i = 0; i < FeatureCases.All.Length; i++)
            {
                Assert.True(FeatureEngineTests.AreClose(last[i], actual[i]), $"{FeatureCases.All[i].Yaml}: {actual[i]}, expected {last[i]}");
            }

            Assert.Equal(digest, CollectedState.DigestOf(harness.State));
        }, iter: 300);

    [Fact]
    public void A_payment_published_again_changes_nothing_and_sees_what_the_first_left()
    {
        var harness = new FeatureHarness(Yaml, batchRows: 2);
        var events = Enumerable.Range(0, 20).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 500), "c-1")).ToList();
        harness.Fold(events);
        var digest = CollectedState.DigestOf(harness.State);
        var again = harness.Fold([events[3], events[19]]);
        Assert.Equal(digest, CollectedState.DigestOf(harness.State));
        Assert.Equal(22, harness.State.Vector[TestBatch.Payments]);
        Assert.All(again, features => Assert.DoesNotContain(features[0], new[] { double.NaN }));
        Assert.Equal(20, harness.State.Payments.Count);
    }

    [Fact]
    public void An_id_that_is_given_to_another_payment_too_makes_both_count_and_says_so()
    {
        var harness = new FeatureHarness("version: 1\nfeatures:\n  - {name: f, entity: card_id, aggregate: sum, of: amount, window: 10s}\n", batchRows: 2);
        var first = RandomEvents.NewPayment(1, 1_000_000, "c-1");
        var (larger, ofAnother) = (first with { AmountMinor = 9_999_999_900 }, first with { AmountMinor = 500, CardId = "c-2" });
        var retry = larger with { EventTimeMs = 1_000_300, Ip = "i-2" };
        var sums = harness.Fold([first, larger, ofAnother, retry, first, ofAnother]).Select(features => features[0]).ToArray();
        Assert.Equal((1.0, 100_000_000.0, 5.0), (sums[0], sums[1], sums[2]));
        Assert.Equal([null, null, null, 1, 0, 2], harness.FirstOffsets);
        // Of a retry it is said as of its first record.
        Assert.Equal([null, 0, 1, 0, null, 1], harness.Conflicts);
        Assert.Equal(3, harness.State.Payments.Count);
        Assert.Equal(3, harness.Engine.CountEvents());
    }

    [Fact]
    public void A_payment_whose_id_was_anothers_is_found_again_by_a_process_that_takes_over_and_not_mixed_up()
    {
        const string yaml = "version: 1\nfeatures:\n  - {name: f, entity: card_id, aggregate: sum, of: amount, window: 10s}\n"
            + "  - {name: r, entity: card_id, aggregate: risk, window: 10s}\n";
        var (before, after) = (new FeatureHarness(yaml), new FeatureHarness(yaml));
        var first = RandomEvents.NewPayment(1, 1_000_000, "c-1");
        var larger = first with { AmountMinor = 5000 };
        var label = new Label { PaymentId = "p-1", EventTimeMs = 1_000_000, KnownAtMs = 1_000_001, Fraud = true, CardId = "c-1" };
        // Another of their time stands last, so that what is found again is moved.
        before.Fold([first, larger, larger, label, RandomEvents.NewPayment(2, 1_000_000, "c-1")]);
        var digest = CollectedState.DigestOf(before.State);
        CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
        var again = after.FoldAt([(TestBatch.Payments, 0, first), (TestBatch.Payments, 1, larger), (TestBatch.Payments, 2, larger)]);
        Assert.Equal([null, 0, 0], after.Conflicts);
        Assert.Equal([null, null, 1], after.FirstOffsets);
        // Both bear the id and the time that the label names.
        Assert.All(again, features => Assert.Equal([52, 2.0 / 3], features));
        Assert.Equal(digest, CollectedState.DigestOf(after.State));
    }

    [Fact]
    public void Payments_that_share_an_id_make_one_state_however_their_logs_are_interleaved() =>
        Gen.Select(RandomEvents.Lists(1, 80, latenessMax: 30), Schedules).Sample((events, schedule) =>
        {
            var random = new Random(schedule);
            var logs = Interleaving.Split(WithSharedIds(events, random), random, copies: 4);
            var (left, right) = (new FeatureHarness(Yaml, 1 + random.Next(40)), new FeatureHarness(Yaml, 1 + random.Next(40)));
            left.FoldAt(Interleaving.Of(logs, random, inOrder: false));
            right.FoldAt(Interleaving.Of(logs, random, inOrder: false));
            Assert.Equal(CollectedState.DigestOf(left.State), CollectedState.DigestOf(right.State));
        }, iter: 150);

    [Fact]
    public void A_restored_state_still_knows_which_records_were_of_payments_that_came_again()
    {
        var (before, after) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml));
        var events = Enumerable.Range(0, 20).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 500), "c-1")).ToList();
        before.Fold([.. events, events[3], events[19]]);
        CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
        after.FoldAt([(TestBatch.Payments, 3, events[3]), (TestBatch.Payments, 20, events[3]), (TestBatch.Payments, 21, events[19])]);
        Assert.Equal([null, 3, 19], after.FirstOffsets);
    }

    [Fact]
    public void What_lies_too_far_back_to_be_decided_again_is_said_and_not_guessed()
    {
        var harness = new FeatureHarness("version: 1\nlateness: 0s\nfeatures:\n  - {name: f, entity: card_id, aggregate: count, window: 10s}\n");
        var events = Enumerable.Range(0, 100).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 500), "c-1")).ToList();
        harness.Fold(events);
        var error = Assert.Throws<StateAheadException>(() => harness.FoldAt([(TestBatch.Payments, 3, events[3])]));
        Assert.Equal((TestBatch.Payments, 3), (error.LogIndex, error.Offset));
    }

    /// <summary>Events, and whether none of them comes late.</summary>
    private static Gen<(List<object> Events, bool IsShort)> Histories(int paymentsMin, int paymentsMax) => Gen.OneOf(
        RandomEvents.Lists(paymentsMin, paymentsMax, latenessMax: 0).Select(events => (events, true)),
        RandomEvents.Lists(paymentsMin, paymentsMax, latenessMax: 30).Select(events => (events, false)));

    /// <summary>
    /// Some payments get the id of an earlier one, and its time and card with it or not; some of
    /// these are labelled.
    /// </summary>
    private static List<object> WithSharedIds(List<object> events, Random random)
    {
        var (shared, payments) = (new List<object>(), new List<Payment>());
        foreach (var item in events)
        {
            if (item is not Payment payment || payments.Count == 0 || random.Next(3) > 0)
            {
                shared.Add(item);
                payments.AddRange(item is Payment own ? [own] : []);
                continue;
            }

            var earlier = payments[random.Next(payments.Count)];
            var other = payment with
            {
                PaymentId = earlier.PaymentId,
                EventTimeMs = random.Next(2) == 0 ? earlier.EventTimeMs : payment.EventTimeMs,
                CardId = random.Next(2) == 0 ? earlier.CardId : payment.CardId,
                AmountMinor = 10_000 + shared.Count,
            };
            shared.Add(other);
            payments.Add(other);
            if (random.Next(2) == 0)
            {
                shared.Add(RandomEvents.LabelOf(other, random.Next(4), random.Next(2) == 0));
            }
        }

        return shared;
    }

    private static string YamlOf(string head)
    {
        var yaml = new StringBuilder($"version: 1\n{head}features:\n");
        for (var i = 0; i < FeatureCases.All.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {FeatureCases.All[i].Yaml}}}");
        }

        return yaml.ToString();
    }
}
