using System.Diagnostics.Metrics;
using System.Numerics;
using StreamScoring.Batches;
using StreamScoring.Lists;
using StreamScoring.Signals;

namespace StreamScoring.Rules;

/// <summary>How often each rule fired, and how often its condition was missing.</summary>
public sealed class RuleMeters
{
    private readonly Counter<long>[] _hits, _missing;
    private readonly long[] _counts;
    private readonly MetricFamily<Counter<long>> _found;
    private readonly Dictionary<string, Counter<long>> _foundIn = new(StringComparer.Ordinal);

    public RuleMeters(EngineMeter meter, IReadOnlyList<Rule> rules)
    {
        ArgumentNullException.ThrowIfNull(meter);
        string[] labels = ["rule", "action", "shadow"];
        var hits = meter.CreateCounter("scoring_rule_hits_total", "Payments for which a rule fired; those that came again and were not decided anew do not count.", labels);
        var missing = meter.CreateCounter("scoring_rule_missing_total", "Payments for which a rule's condition was missing, so that it did not fire.", labels);
        _hits = [.. rules.Select(rule => hits.With(LabelsOf(rule)))];
        _missing = [.. rules.Select(rule => missing.With(LabelsOf(rule)))];
        _counts = new long[rules.Count];
        _found = meter.CreateCounter("scoring_list_hits_total", "Payments for which a rule found what it looked for in a list; each look-up counts.", ["list"]);
    }

    /// <summary>Counts a decided batch. From the deciding thread.</summary>
    /// <param name="missingCount">[rules] Payments of the batch for which the condition was
    /// missing.</param>
    /// <param name="lists">That the rules look into.</param>
    internal void Decided(PaymentBatch batch, ReadOnlySpan<long> missingCount, IReadOnlyList<ListSlot> lists)
    {
        for (var i = 0; i < lists.Count; i++)
        {
            if (lists[i].Hits > 0)
            {
                FoundIn(lists[i].Name).Add(lists[i].Hits);
                lists[i].Hits = 0;
            }
        }

        Array.Clear(_counts);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var fired = batch.Rules.Fired(rowIndex);
            for (var word = 0; word < fired.Length; word++)
            {
                for (var bits = fired[word]; bits != 0; bits &= bits - 1)
                {
                    _counts[(word * 64) + BitOperations.TrailingZeroCount(bits)]++;
                }
            }
        }

        for (var rule = 0; rule < _counts.Length; rule++)
        {
            Add(_hits[rule], _counts[rule]);
            Add(_missing[rule], missingCount[rule]);
        }
    }

    private Counter<long> FoundIn(string list)
    {
        if (!_foundIn.TryGetValue(list, out var counter))
        {
            _foundIn[list] = counter = _found.With(list);
        }

        return counter;
    }

    private static void Add(Counter<long> counter, long count)
    {
        if (count > 0)
        {
            counter.Add(count);
        }
    }

    private static string[] LabelsOf(Rule rule) => [rule.Name, rule.ActionName, rule.IsShadow ? "true" : "false"];
}
