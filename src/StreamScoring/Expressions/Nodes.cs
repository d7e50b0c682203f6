using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Expressions;

/// <summary>The same number in every row.</summary>
internal sealed class ConstantNode(double value, ExpressionType type) : Expression
{
    public override ExpressionType Type => type;

    public double Value => value;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        numbers.Fill(value);
        return numbers;
    }
}

/// <summary>The same text in every row.</summary>
internal sealed class TextConstantNode(string value) : Expression
{
    private readonly byte[] _value = Encoding.UTF8.GetBytes(value);

    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(_value);
}

/// <summary>
/// The amount in major units: minor units divided by a power of ten, one correctly rounded
/// division.
/// </summary>
internal sealed class AmountNode : Expression
{
    private static readonly double[] PowersOfTen = [1, 10, 100, 1000, 10_000];

    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment
                ? batch.AmountMinor[rowIndex] / PowersOfTen[CurrencyTable.ExponentOf(batch.CurrencyIndex[rowIndex])]
                : double.NaN;
        }

        return numbers;
    }
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
    public TextField Field => textField;

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

/// <summary>Equality of two texts; missing where either is.</summary>
internal sealed class TextEqualNode(Expression left, Expression right, bool isNegated) : Expression
{
    public override ExpressionType Type => ExpressionType.Truth;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var lefts = left.Texts(batch);
        var rights = right.Texts(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            var leftText = lefts[rowIndex];
            var rightText = rights[rowIndex];
            numbers[rowIndex] = leftText.IsEmpty || rightText.IsEmpty ? double.NaN : leftText.SequenceEqual(rightText) != isNegated ? 1 : 0;
        }

        return numbers;
    }
}

/// <summary>1 where a text is missing, else 0.</summary>
internal sealed class TextMissingNode(Expression operand) : Expression
{
    public override ExpressionType Type => ExpressionType.Truth;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var values = operand.Texts(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = values[rowIndex].IsEmpty ? 1 : 0;
        }

        return numbers;
    }
}

/// <summary>1 where an attribute is missing, else 0.</summary>
internal sealed class AttributeMissingNode(int attributeIndex) : Expression
{
    public int AttributeIndex => attributeIndex;

    /// <summary>What the attribute is used as: where that is one of the two, the other does not
    /// help. Set once everything is bound.</summary>
    public AttributeUse Use { get; set; }

    public override ExpressionType Type => ExpressionType.Truth;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var column = batch.Attribute(attributeIndex);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            var isNoNumber = double.IsNaN(column.Number[rowIndex]);
            var isNoText = column.Text.Length[rowIndex] == 0;
            numbers[rowIndex] = Use switch
            {
                AttributeUse.Number => isNoNumber,
                AttributeUse.Text => isNoText,
                _ => isNoNumber && isNoText,
            } ? 1 : 0;
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
