using System.Numerics;
using StreamScoring.Batches;
using StreamScoring.Expressions;
using StreamScoring.Lists;

namespace StreamScoring.Rules;

/// <summary>
/// Rules bound for one policy. Asks all of them of a batch, column by column: what several have in
/// common is evaluated once. Used by one thread at a time; allocates nothing in steady state.
/// </summary>
internal sealed class RuleProgram
{
    private readonly Expression[] _conditions;
    private readonly RuleAction[] _actions;
    private readonly bool[] _isShadow;
    private readonly long[] _untilMs;
    private readonly EvaluationRound _round;
    private readonly ListSlot[] _lists;
    private ListSet? _listsFrom;
    private ulong[] _asked = [];
    private ulong[] _ended = [];

    /// <exception cref="ExpressionException">A rule names what the world does not have.</exception>
    public RuleProgram(IReadOnlyList<Rule> rules, RuleWorld world)
    {
        _round = new EvaluationRound();
        var scope = new RuleScope(world);
        var binder = new ExpressionBinder(scope, _round);
        _conditions = [.. rules.Select(rule => binder.BindCondition(rule.Syntax))];
        scope.Settle();
        _lists = [.. scope.Slots.Values];
        _actions = [.. rules.Select(rule => rule.Action)];
        _isShadow = [.. rules.Select(rule => rule.IsShadow)];
        _untilMs = [.. rules.Select(rule => rule.UntilMs)];
        MissingCount = new long[rules.Count];
    }

    public int Count => _conditions.Length;

    /// <summary>The lists that the rules look into.</summary>
    public IReadOnlyList<ListSlot> Lists => _lists;

    /// <summary>[rules] Payments of the batch asked last for which the rule's condition was
    /// missing.</summary>
    public long[] MissingCount { get; }

    /// <summary>
    /// Sets which rules fired for the rows to be decided, and which of them decides.
    /// </summary>
    /// <param name="batch">With scores, levels and rungs.</param>
    public void Ask(PaymentBatch batch)
    {
        if (batch.DecideCount == 0)
        {
            // All of it is another process's to decide, and only folded here.
            Array.Clear(MissingCount);
            return;
        }

        if (batch.Lists is { } lists && lists != _listsFrom)
        {
            _listsFrom = lists;
            foreach (var slot in _lists)
            {
                slot.Current = lists[slot.Name];
            }
        }

        _round.Next();
        var columns = batch.Rules;
        columns.ClearAll(batch.RowCount);
        var asked = RowsToAsk(batch);
        for (var rule = 0; rule < _conditions.Length; rule++)
        {
            var truths = _conditions[rule].Truths(batch);
            var inForce = _untilMs[rule] == long.MaxValue ? asked : WithoutEnded(batch, asked, _untilMs[rule]);
            var missing = 0;
            for (var word = 0; word < inForce.Length; word++)
            {
                missing += BitOperations.PopCount(truths.Missing[word] & inForce[word]);
                for (var bits = truths.True[word] & inForce[word]; bits != 0; bits &= bits - 1)
                {
                    Fire(columns, (word * TruthMask.WordBits) + BitOperations.TrailingZeroCount(bits), rule);
                }
            }

            MissingCount[rule] = missing;
        }
    }

    /// <summary>What a rule that decided does.</summary>
    public DecisionAction ActionOf(int rule) => _actions[rule] switch
    {
        RuleAction.Allow => DecisionAction.Allow,
        RuleAction.Challenge => DecisionAction.Challenge,
        RuleAction.Review => DecisionAction.Review,
        _ => DecisionAction.Block,
    };

    private void Fire(RuleColumns columns, int rowIndex, int rule)
    {
        columns.Set(rowIndex, rule);
        ref var deciding = ref columns.Deciding[rowIndex];
        // Of one action the first in the file decides.
        if (!_isShadow[rule] && (deciding == RuleColumns.None || _actions[rule] < _actions[deciding]))
        {
            deciding = (short)rule;
        }
    }

    private ReadOnlySpan<ulong> RowsToAsk(PaymentBatch batch)
    {
        var words = TruthMask.Words(batch.RowCount);
        if (_asked.Length < words)
        {
            var most = TruthMask.Words(batch.RowsMax);
            (_asked, _ended) = (new ulong[most], new ulong[most]);
        }

        var asked = _asked.AsSpan(0, words);
        asked.Clear();
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            asked[rowIndex / TruthMask.WordBits] |= 1UL << (rowIndex % TruthMask.WordBits);
        }

        return asked;
    }

    private ReadOnlySpan<ulong> WithoutEnded(PaymentBatch batch, ReadOnlySpan<ulong> asked, long untilMs)
    {
        var left = _ended.AsSpan(0, asked.Length);
        asked.CopyTo(left);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            if (batch.LogTimestampMs[rowIndex] >= untilMs)
            {
                left[rowIndex / TruthMask.WordBits] &= ~(1UL << (rowIndex % TruthMask.WordBits));
            }
        }

        return left;
    }
}
