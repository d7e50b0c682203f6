using StreamScoring.Batches;
using StreamScoring.Expressions;

namespace StreamScoring.Rules;

/// <summary>Values for which a rule must fire, or must not.</summary>
internal sealed class RuleExample(bool fires, IReadOnlyDictionary<string, Expression> values, IReadOnlyDictionary<string, IReadOnlyList<string>> lists, short currencyIndex)
{
    public bool Fires => fires;

    /// <returns>1 where the rule fires, 0 where it does not, NaN where its condition is missing.
    /// </returns>
    /// <exception cref="ExpressionException">The condition is wrong.</exception>
    public double Try(Syntax condition, RuleScope rules)
    {
        var batch = new PaymentBatch(new BatchLayout(new HashSet<Contracts.TextField>(), [], 0), rowsMax: 1, bytesInitial: 0);
        batch.Append(logIndex: 0, offset: 0, logTimestampMs: 0, decide: true, value: [], valueBytesMax: 0);
        (batch.Kind[0], batch.CurrencyIndex[0]) = (RowKind.Payment, currencyIndex);
        return new ExpressionBinder(new ExampleScope(rules, values, lists)).BindCondition(condition).Numbers(batch)[0];
    }
}
