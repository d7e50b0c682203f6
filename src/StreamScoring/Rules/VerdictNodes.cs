using System.Runtime.InteropServices;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Expressions;

namespace StreamScoring.Rules;

/// <summary>0–99; missing where no model gave a number.</summary>
internal sealed class ScoreNode : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = double.IsNaN(batch.Probability[rowIndex]) ? double.NaN : batch.Score[rowIndex];
        }

        return numbers;
    }
}

/// <summary>Of fraud; missing where no model gave a number.</summary>
internal sealed class ProbabilityNode : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch) => Copied(batch.Probability.AsSpan(0, batch.RowCount), NumberBuffer(batch));

    internal static ReadOnlySpan<double> Copied(ReadOnlySpan<double> from, Span<double> to)
    {
        from.CopyTo(to);
        return to;
    }
}

/// <summary>The probability that a shadow model gave; missing where it gave none.</summary>
internal sealed class ShadowNode(int shadow) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch) => ProbabilityNode.Copied(batch.Shadows.Column(shadow)[..batch.RowCount], NumberBuffer(batch));
}

/// <summary>normal, elevated or highest; missing where no model gave a number.</summary>
internal sealed class LevelNode : Expression
{
    private static readonly byte[][] Levels = [.. NamesOf<RiskLevel>(), []];

    private byte[] _codes = [];

    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch)
    {
        if (_codes.Length < batch.RowCount)
        {
            _codes = new byte[batch.RowsMax];
        }

        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            _codes[rowIndex] = double.IsNaN(batch.Probability[rowIndex]) ? (byte)(Levels.Length - 1) : (byte)batch.Level[rowIndex];
        }

        return new TextValues(Levels, _codes);
    }

    internal static byte[][] NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))];
}

/// <summary>The name of the model that gave the number; missing where none did.</summary>
/// <param name="names">[256] By what a batch says of a row; empty where that is no model.</param>
internal sealed class ModelNode(byte[][] names) : Expression
{
    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(names, batch.ModelGiven);
}

/// <summary>full, small or rules.</summary>
internal sealed class RungNode : Expression
{
    private static readonly byte[][] Rungs = LevelNode.NamesOf<Rung>();

    public override ExpressionType Type => ExpressionType.Text;

    public override TextValues Texts(PaymentBatch batch) => new(Rungs, MemoryMarshal.AsBytes<Rung>(batch.Rung));
}
