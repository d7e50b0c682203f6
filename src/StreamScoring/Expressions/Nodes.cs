using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Expressions;

/// <summary>The same number in every row.</summary>
internal sealed class ConstantNode(double value, ExpressionType type) : Expression
{
    private double[] _filled = [];

    public override ExpressionType Type => type;

    public double Value => value;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        if (_filled.Length < batch.RowCount)
        {
            _filled = new double[batch.RowsMax];
            Array.Fill(_filled, value);
        }

        return _filled.AsSpan(0, batch.RowCount);
    }
}

/// <summary>The same text in every row.</summary>
/// <param name="of">The field whose value it stands for, in an example.</param>
internal sealed class TextConstantNode(string value, TextField? of = null) : Expression
{
    public override TextField? Field => of;


    private readonly byte[] _value = Encoding.UTF8.GetBytes(value);

    public ReadOnlySpan<byte> Value => _value;

    /// <summary>The same text as a field's value.</summary>
    public TextConstantNode Of(TextField? other) => new(value, other);

    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(_value);
}

/// <summary>The amount in major units of the payment's own currency.</summary>
internal sealed class AmountNode : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment
                ? CurrencyTable.MajorOf(batch.AmountMinor[rowIndex], batch.CurrencyIndex[rowIndex])
                : double.NaN;
        }

        return numbers;
    }
}

/// <summary>
/// The amount in the base currency of the rates that features take it by, in major units.
/// </summary>
internal sealed class FoldedBaseAmountNode : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch) => batch.AmountBase.AsSpan(0, batch.RowCount);
}

/// <summary>
/// The event time in ms since the Unix epoch; whole in a double until the year 287396.
/// </summary>
internal sealed class EventTimeNode : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = batch.EventTimeMs[rowIndex];
        }

        return numbers;
    }
}

internal sealed class TextFieldNode(TextField textField) : Expression
{
    public override TextField? Field => textField;

    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(batch.Text(textField), batch);
}

internal sealed class AttributeNumberNode(int attributeIndex) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch) => batch.Attribute(attributeIndex).Number.AsSpan(0, batch.RowCount);
}

internal sealed class AttributeTextNode(int attributeIndex) : Expression
{
    public override ExpressionType Type => ExpressionType.Text;

    public int AttributeIndex => attributeIndex;

    public override TextValues Texts(PaymentBatch batch) => new(batch.Attribute(attributeIndex).Text, batch);
}

/// <summary>Another feature's column, which was filled before.</summary>
internal sealed class FeatureNode(int featureIndex) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch) => batch.Features.Column(featureIndex)[..batch.RowCount];
}

/// <summary>A text feature.</summary>
internal sealed class FeatureTextNode(int featureIndex) : Expression
{
    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(batch.Features.TextOf(featureIndex)!, batch.Features.TextBytes);
}

/// <summary>A function of one number. A missing operand gives a missing result.</summary>
internal sealed class UnaryNode<TFunction>(Expression operand, ExpressionType type) : Expression
    where TFunction : struct, IUnaryFunction
{
    public override ExpressionType Type => type;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var values = operand.Numbers(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = TFunction.Invoke(values[rowIndex]);
        }

        return numbers;
    }
}

/// <summary>A function of two numbers.</summary>
internal sealed class BinaryNode<TFunction>(Expression left, Expression right, ExpressionType type) : Expression
    where TFunction : struct, IBinaryFunction
{
    public override ExpressionType Type => type;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var lefts = left.Numbers(batch);
        var rights = right.Numbers(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = TFunction.Invoke(lefts[rowIndex], rights[rowIndex]);
        }

        return numbers;
    }
}

/// <summary><c>if(condition, then, otherwise)</c>; missing where the condition is.</summary>
internal sealed class ConditionNode(Expression condition, Expression then, Expression otherwise) : Expression
{
    public override ExpressionType Type => then.Type;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var conditions = condition.Numbers(batch);
        var thens = then.Numbers(batch);
        var others = otherwise.Numbers(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = double.IsNaN(conditions[rowIndex]) ? double.NaN : conditions[rowIndex] != 0 ? thens[rowIndex] : others[rowIndex];
        }

        return numbers;
    }
}

internal interface IUnaryFunction
{
    static abstract double Invoke(double value);
}

internal interface IBinaryFunction
{
    static abstract double Invoke(double left, double right);
}
