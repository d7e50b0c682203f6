using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>
/// An amount of money in each row's own currency, in major units: itself where the payment is in
/// its currency, converted where there are rates of both, else missing.
/// </summary>
/// <param name="rates">Null: none.</param>
internal sealed class MoneyNode(double value, short currencyIndex, CurrencyRates? rates) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            var own = batch.CurrencyIndex[rowIndex];
            numbers[rowIndex] = batch.Kind[rowIndex] != RowKind.Payment ? double.NaN
                : own == currencyIndex ? value
                : rates?.Convert(value, currencyIndex, own) ?? double.NaN;
        }

        return numbers;
    }
}

/// <summary>The payment's amount in the base currency of the rates, in major units.</summary>
internal sealed class BaseAmountNode(Expression amount, CurrencyRates rates) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var amounts = amount.Numbers(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            // In an example there may be no amount, and then there is no currency.
            numbers[rowIndex] = batch.Kind[rowIndex] != RowKind.Payment || double.IsNaN(amounts[rowIndex]) ? double.NaN
                : rates.Convert(amounts[rowIndex], batch.CurrencyIndex[rowIndex], rates.BaseIndex);
        }

        return numbers;
    }
}
