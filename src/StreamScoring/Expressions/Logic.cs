using StreamScoring.Batches;

namespace StreamScoring.Expressions;

// Kleene's three values: what is missing might be either.

/// <summary>Not missing is missing.</summary>
internal sealed class NotNode(Expression operand) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var truths = operand.Truths(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            masks.True[word] = ~(truths.True[word] | truths.Missing[word]);
            masks.Missing[word] = truths.Missing[word];
        }

        return masks.Whole;
    }
}

/// <summary>False and missing is false.</summary>
internal sealed class AndNode(Expression left, Expression right) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Truths(batch);
        var rights = right.Truths(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            masks.True[word] = lefts.True[word] & rights.True[word];
            masks.Missing[word] = (lefts.Missing[word] & (rights.True[word] | rights.Missing[word])) | (lefts.True[word] & rights.Missing[word]);
        }

        return masks.Whole;
    }
}

/// <summary>True or missing is true.</summary>
internal sealed class OrNode(Expression left, Expression right) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Truths(batch);
        var rights = right.Truths(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            masks.True[word] = lefts.True[word] | rights.True[word];
            masks.Missing[word] = (lefts.Missing[word] | rights.Missing[word]) & ~masks.True[word];
        }

        return masks.Whole;
    }
}

/// <summary>True where either is; missing where both are.</summary>
internal sealed class EitherNode(Expression left, Expression right) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Truths(batch);
        var rights = right.Truths(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            masks.True[word] = lefts.True[word] | rights.True[word];
            masks.Missing[word] = lefts.Missing[word] & rights.Missing[word];
        }

        return masks.Whole;
    }
}

/// <summary>True where a number is missing; never missing itself.</summary>
internal sealed class NumberMissingNode(Expression operand) : MaskExpression
{
    /// <summary>A comparison with itself is missing where the number is, else true.</summary>
    private readonly ComparisonNode<Equal> _itself = new(operand, operand);

    public override TruthMask Truths(PaymentBatch batch)
    {
        var truths = _itself.Truths(batch);
        var masks = MaskBuffers(batch);
        truths.Missing.CopyTo(masks.True);
        masks.Missing.Clear();
        return masks.Whole;
    }
}

/// <summary>True where a text is missing; never missing itself.</summary>
internal sealed class TextMissingNode(Expression operand) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var values = operand.Texts(batch);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            masks.Add(values[rowIndex].IsEmpty, isMissing: false);
        }

        return masks.Finish();
    }
}

/// <summary>True where an attribute is missing; never missing itself.</summary>
internal sealed class AttributeMissingNode(int attributeIndex) : MaskExpression
{
    public int AttributeIndex => attributeIndex;

    /// <summary>What the attribute is used as: where that is one of the two, the other does not
    /// help. Set once everything is bound.</summary>
    public AttributeUse Use { get; set; }

    public override TruthMask Truths(PaymentBatch batch)
    {
        var column = batch.Attribute(attributeIndex);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var isNoNumber = double.IsNaN(column.Number[rowIndex]);
            var isNoText = column.Text.Length[rowIndex] == 0;
            var isMissing = Use switch
            {
                AttributeUse.Number => isNoNumber,
                AttributeUse.Text => isNoText,
                _ => isNoNumber && isNoText,
            };
            masks.Add(isMissing, isMissing: false);
        }

        return masks.Finish();
    }
}
