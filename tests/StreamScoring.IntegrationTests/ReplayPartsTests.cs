using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Drift;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Explaining;
using StreamScoring.Host.Replaying;

namespace StreamScoring.IntegrationTests;

/// <summary>What a replay and an explanation are put together of, without brokers.</summary>
public sealed class ReplayPartsTests
{
    [Fact]
    public void A_verdict_is_read_as_it_was_written_with_what_is_missing_and_what_is_a_text()
    {
        var (texts, stream) = (new Interned(), new MemoryStream());
        RecordedVerdict[] verdicts = [Verdict("p-1", 40, DecisionAction.Allow), Verdict("p-2", 41, DecisionAction.Block) with { Probability = double.NaN, Role = null, Policy = null, Rules = [] }];
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            Array.ForEach(verdicts, verdict => verdict.Write(writer, texts));
        }

        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        foreach (var verdict in verdicts)
        {
            var read = RecordedVerdict.Read(reader, texts);
            Assert.Equal(verdict.Numbers, read.Numbers);
            Assert.Equal(verdict.Texts, read.Texts);
            Assert.Equal(verdict.FeatureNames, read.FeatureNames);
            Assert.Equal(verdict.Rules, read.Rules);
            Assert.Equal(verdict.Shadows, read.Shadows);
            Assert.Equal(verdict with { Numbers = read.Numbers, Texts = read.Texts, FeatureNames = read.FeatureNames, Rules = read.Rules, ShadowRules = read.ShadowRules, Shadows = read.Shadows }, read);
        }
    }

    [Theory]
    [InlineData(40, 0.4, 40, 0.4000005, true)]
    [InlineData(40, 0.4, 40, 0.40001, false)]
    [InlineData(40, 0.4099999, 41, 0.41, false)]
    [InlineData(0, double.NaN, 0, double.NaN, true)]
    [InlineData(0, double.NaN, 0, 0.001, false)]
    public void A_score_is_the_same_but_for_the_last_digits_of_a_float(int score, double probability, int otherScore, double other, bool isSame) =>
        Assert.Equal(isSame, new ReplayOutcome(DecisionAction.Allow, score, probability).HasScoreOf(new ReplayOutcome(DecisionAction.Allow, otherScore, other)));

    [Fact]
    public void A_value_lies_above_the_shares_of_all_lower_cells_and_one_at_an_edge_counts_below_it()
    {
        var histogram = new ReferenceHistogram("x", [1, 2, 5], [0.1, 0.2, 0.3, 0.4]) { Smallest = 0, Largest = 9 };
        foreach (var (value, cell) in new[] { (0.5, 0), (1.0, 0), (1.5, 1), (2, 1), (5, 2), (5.1, 3), (8, 3) })
        {
            var place = HistogramPlace.Of(histogram, value);
            Assert.Equal(histogram.Shares.Take(cell).Sum(), place.Below);
            Assert.Equal(histogram.Shares[cell], place.Within);
            Assert.False(place.IsOutside);
        }

        Assert.True(HistogramPlace.Of(histogram, 9.5).IsOutside);
        Assert.True(HistogramPlace.Of(histogram, -1).IsOutside);
        Assert.False(HistogramPlace.Of(histogram with { Largest = null }, 9.5).IsOutside);
    }

    [Theory]
    [InlineData(7 * 86_400_000L, 0, "7d", null)]
    [InlineData(5_400_000, 86_400_000, "90m", "1d")]
    [InlineData(1500, 0, "1500ms", null)]
    [InlineData(Window.Ever, 3_600_000, "ever", "1h")]
    public void A_window_reads_as_feature_files_write_it(long size, long delay, string text, string? behind)
    {
        Assert.Equal(text, WindowText.Of(new Window(size, delay, 0)));
        Assert.Equal(behind, WindowText.DelayOf(new Window(size, delay, 0)));
        Assert.Equal("last 20", WindowText.Of(new Window(Window.Ever, 0, 20)));
    }

    [Fact]
    public void Both_decisions_are_judged_by_labels_as_a_count_from_scratch_judges_them()
    {
        Assert.True(CurrencyTable.TryFind("EUR"u8, out var euro));
        var (random, labels, payments) = (new Random(3), new FinalLabels(), new List<(ComparedPayment Payment, bool? Fraud)>());
        for (var i = 0; i < 2000; i++)
        {
            bool? fraud = random.Next(3) == 0 ? null : random.Next(5) == 0;
            var verdict = Verdict($"p-{i}", random.Next(100), random.Next(4) == 0 ? DecisionAction.Block : DecisionAction.Allow) with { EventTimeMs = random.Next(5) * 86_400_000L };
            var outcome = new ReplayOutcome(DecisionAction.Allow, random.Next(100), 0.5);
            payments.Add((new ComparedPayment(verdict, outcome, null, [], "", 100 + i, euro), fraud));
            if (fraud is { } known)
            {
                labels.Add(System.Text.Encoding.UTF8.GetBytes(verdict.PaymentId), verdict.EventTimeMs, knownAtMs: 0, known);
            }
        }

        var judgement = new ReplayJudgement(labels);
        payments.ForEach(payment => judgement.Add(payment.Payment));

        // Nobody knows of what was blocked, where nobody says so.
        var judged = payments.Where(payment => payment.Fraud is not null || payment.Payment.Recorded.Action != DecisionAction.Block).ToList();
        Assert.Equal((judged.Count(payment => payment.Fraud == true), payments.Count - judged.Count), (judgement.Frauds, judgement.Unknown));
        foreach (var (curve, scoreOf) in new (IReadOnlyList<ReplayJudgement.Point>, Func<ComparedPayment, int>)[] { (judgement.Curve(isRecorded: true), payment => payment.Recorded.Score), (judgement.Curve(isRecorded: false), payment => payment.Replayed.Score) })
        {
            foreach (var point in curve)
            {
                var stopped = judged.Where(payment => scoreOf(payment.Payment) >= point.Score).ToList();
                Assert.Equal(stopped.Count == 0 ? null : stopped.Count(payment => payment.Fraud == true) / (double)stopped.Count, point.Precision);
                Assert.Equal(stopped.Count(payment => payment.Fraud == true) / (double)judgement.Frauds, point.Recall);
                Assert.True(point.Band is not { } band || band.Low <= band.High);
            }
        }

        var (currency, fraudStopped, genuineStopped) = judgement.MoneyFrom(60).Single();
        var over = judged.Where(payment => payment.Payment.Replayed.Score >= 60).ToLookup(payment => payment.Fraud == true, payment => payment.Payment.AmountMinor);
        Assert.Equal(("EUR", (Int128)over[true].Sum(), (Int128)over[false].Sum()), (currency, fraudStopped, genuineStopped));
    }

    private static RecordedVerdict Verdict(string id, int score, DecisionAction action) => new()
    {
        Partition = 3,
        Offset = 1L << 40,
        PaymentId = id,
        EventTimeMs = 1_700_000_000_000,
        Action = action,
        Score = score,
        Probability = score / 100.0,
        Raw = -1.5,
        Rung = "full",
        Role = "champion",
        ModelName = "m",
        ModelVersion = "sha256:1",
        DecidedBy = "thresholds",
        Policy = "sha256:2",
        Flags = VerdictFlags.Late | VerdictFlags.Approximate,
        Rules = ["a", "b"],
        ShadowRules = [],
        FeatureNames = ["x", "y", "z"],
        Numbers = [1.25, double.NaN, double.NaN],
        Texts = [null, "text", null],
        Shadows = [new ShadowScore("s@1", 0.5)],
    };
}
