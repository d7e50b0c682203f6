using System.Collections.Concurrent;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Rules;

namespace StreamScoring.Host.Replaying;

/// <summary>A payment whose two decisions differ.</summary>
/// <param name="Rules">Those that fired, shadow rules behind them.</param>
/// <param name="Features">Those that differ, by name: as recorded, and now; a number, a text or
/// null.</param>
internal sealed record ChangedPayment(
    RecordedVerdict Recorded, ReplayOutcome Replayed, ReplayDifference Differences, IReadOnlyList<string> Rules, IReadOnlyList<string> ShadowRules, IReadOnlyList<(string Name, object? Recorded, object? Replayed)> Features);

/// <summary>One payment's two decisions.</summary>
/// <param name="Changed">Null where they are the same.</param>
/// <param name="Policy">What decides now, as decisions name it.</param>
/// <param name="AmountMinor">Of the payment, in minor units of its currency.</param>
/// <param name="CurrencyIndex">In the table of ISO 4217.</param>
internal readonly record struct ComparedPayment(RecordedVerdict Recorded, ReplayOutcome Replayed, ChangedPayment? Changed, IReadOnlyList<string> Rules, string Policy, long AmountMinor, short CurrencyIndex);

/// <summary>
/// Compares what was decided with what is decided now. A repeat has the outcome of its payment's
/// first decision, which another chain may derive: repeats are compared when all are through.
/// </summary>
internal sealed class ReplayComparison(RecordedDecisions decisions, FeatureSchema schema, IReplayObserver observer)
{
    private readonly ConcurrentDictionary<(int Log, long Offset), ReplayOutcome> _firsts = new();
    private readonly ConcurrentQueue<(ComparedPayment Payment, (int Log, long Offset) First)> _repeats = new();
    private readonly ConcurrentDictionary<IReadOnlyList<string>, int[]> _columns = new(ReferenceEqualityComparer.Instance as IEqualityComparer<IReadOnlyList<string>>);
    private readonly Lock _gate = new();

    /// <summary>A row of a batch that is decided. From any thread.</summary>
    /// <param name="policy">What decided it now, as decisions name it.</param>
    /// <param name="rules">Of that policy.</param>
    /// <param name="first">Of a repeat: where its payment's first decided record is.</param>
    public void Add(PaymentBatch batch, int rowIndex, RecordedVerdict verdict, string policy, IReadOnlyList<Rule> rules, (int Log, long Offset) first)
    {
        var outcome = new ReplayOutcome(batch.Action[rowIndex], batch.Score[rowIndex], batch.Probability[rowIndex]);
        var (live, shadow) = verdict.IsRepeat ? ([], []) : (Fired(batch, rowIndex, rules, isShadow: false), Fired(batch, rowIndex, rules, isShadow: true));
        if (!verdict.IsRepeat && !verdict.Flags.HasFlag(VerdictFlags.Duplicate) && decisions.IsRepeated(verdict.PaymentId))
        {
            _firsts[(batch.LogIndex[rowIndex], batch.Offset[rowIndex])] = outcome;
        }

        var features = FeaturesThatDiffer(batch, rowIndex, verdict);
        var differences = (features.Count > 0 ? ReplayDifference.Features : 0)
            | (live.SequenceEqual(verdict.Rules) && shadow.SequenceEqual(verdict.ShadowRules) ? 0 : ReplayDifference.Rules);
        var changed = new ChangedPayment(verdict, outcome, differences, live, shadow, features);
        var payment = new ComparedPayment(verdict, outcome, changed, live, policy, batch.AmountMinor[rowIndex], batch.CurrencyIndex[rowIndex]);
        if (verdict.IsRepeat)
        {
            _repeats.Enqueue((payment, first));
        }
        else
        {
            Tell(payment);
        }
    }

    /// <summary>All chains are through.</summary>
    public void Complete()
    {
        while (_repeats.TryDequeue(out var repeat))
        {
            // A first decision before the stretch stands, whatever decides now.
            var outcome = _firsts.TryGetValue(repeat.First, out var first) ? first : ReplayOutcome.Of(repeat.Payment.Recorded);
            Tell(repeat.Payment with { Replayed = outcome, Changed = repeat.Payment.Changed! with { Replayed = outcome } });
        }
    }

    private void Tell(ComparedPayment payment)
    {
        var (recorded, replayed) = (ReplayOutcome.Of(payment.Recorded), payment.Replayed);
        var differences = payment.Changed!.Differences
            | (replayed.HasScoreOf(recorded) ? 0 : ReplayDifference.Score)
            | (replayed.Action == recorded.Action ? 0 : ReplayDifference.Action);
        lock (_gate)
        {
            observer.Add(payment with { Changed = differences == 0 ? null : payment.Changed with { Differences = differences } });
        }
    }

    private List<(string, object?, object?)> FeaturesThatDiffer(PaymentBatch batch, int rowIndex, RecordedVerdict verdict)
    {
        var differ = new List<(string, object?, object?)>();
        var columns = _columns.GetOrAdd(verdict.FeatureNames, names => [.. names.Select(schema.IndexOf)]);
        for (var i = 0; i < columns.Length; i++)
        {
            // Another feature file may have fewer.
            if (columns[i] < 0)
            {
                continue;
            }

            var column = batch.Features.TextOf(columns[i]);
            if (column is null)
            {
                var value = batch.Features.Column(columns[i])[rowIndex];
                if (verdict.Texts[i] is not null || !(value == verdict.Numbers[i] || (double.IsNaN(value) && double.IsNaN(verdict.Numbers[i]))))
                {
                    differ.Add((verdict.FeatureNames[i], ValueOf(verdict, i), double.IsNaN(value) ? null : value));
                }
            }
            else
            {
                var text = column.Length[rowIndex] == 0 ? null : Encoding.UTF8.GetString(column.Value(batch.Features.TextBytes, rowIndex));
                if (text != verdict.Texts[i] || !double.IsNaN(verdict.Numbers[i]))
                {
                    differ.Add((verdict.FeatureNames[i], ValueOf(verdict, i), text));
                }
            }
        }

        return differ;
    }

    private static object? ValueOf(RecordedVerdict verdict, int feature) =>
        verdict.Texts[feature] is { } text ? CardNumber.Mask(text) : double.IsNaN(verdict.Numbers[feature]) ? null : verdict.Numbers[feature];

    private static List<string> Fired(PaymentBatch batch, int rowIndex, IReadOnlyList<Rule> rules, bool isShadow)
    {
        var fired = new List<string>();
        for (var rule = 0; rule < rules.Count; rule++)
        {
            if (rules[rule].IsShadow == isShadow && (batch.Rules.Fired(rowIndex)[rule / 64] >> (rule % 64) & 1) != 0)
            {
                fired.Add(rules[rule].Name);
            }
        }

        return fired;
    }
}

/// <summary>Told of every payment that was decided anew, one at a time.</summary>
internal interface IReplayObserver
{
    void Add(in ComparedPayment payment);
}
