using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>A comparison of two numbers, neither of which is missing.</summary>
internal interface IComparison
{
    static abstract bool Invoke(double left, double right);

    /// <returns>All bits of an element where the comparison holds of it.</returns>
    static abstract Vector256<double> Invoke(Vector256<double> left, Vector256<double> right);
}

internal readonly struct Equal : IComparison
{
    public static bool Invoke(double left, double right) => left == right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => Vector256.Equals(left, right);
}

internal readonly struct NotEqual : IComparison
{
    public static bool Invoke(double left, double right) => left != right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => ~Vector256.Equals(left, right);
}

internal readonly struct Less : IComparison
{
    public static bool Invoke(double left, double right) => left < right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => Vector256.LessThan(left, right);
}

internal readonly struct LessOrEqual : IComparison
{
    public static bool Invoke(double left, double right) => left <= right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => Vector256.LessThanOrEqual(left, right);
}

internal readonly struct Greater : IComparison
{
    public static bool Invoke(double left, double right) => left > right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => Vector256.GreaterThan(left, right);
}

internal readonly struct GreaterOrEqual : IComparison
{
    public static bool Invoke(double left, double right) => left >= right;

    public static Vector256<double> Invoke(Vector256<double> left, Vector256<double> right) => Vector256.GreaterThanOrEqual(left, right);
}

/// <summary>Compares two numbers; missing where either is.</summary>
internal sealed class ComparisonNode<TComparison>(Expression left, Expression right) : MaskExpression
    where TComparison : struct, IComparison
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Numbers(batch);
        var rights = right.Numbers(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            var at = word * TruthMask.WordBits;
            var rows = Math.Min(TruthMask.WordBits, batch.RowCount - at);
            CompareWord(lefts.Slice(at, rows), rights.Slice(at, rows), out masks.True[word], out masks.Missing[word]);
        }

        return masks.Whole;
    }

    /// <summary>Sixty-four rows or fewer.</summary>
    private static void CompareWord(ReadOnlySpan<double> lefts, ReadOnlySpan<double> rights, out ulong trueRows, out ulong missingRows)
    {
        var (holds, known) = (0UL, 0UL);
        ref var firstLeft = ref MemoryMarshal.GetReference(lefts);
        ref var firstRight = ref MemoryMarshal.GetReference(rights);
        var row = 0;
        for (; row <= lefts.Length - Vector256<double>.Count; row += Vector256<double>.Count)
        {
            var (a, b) = (Vector256.LoadUnsafe(ref firstLeft, (nuint)row), Vector256.LoadUnsafe(ref firstRight, (nuint)row));
            holds |= (ulong)TComparison.Invoke(a, b).ExtractMostSignificantBits() << row;
            // Only a number equals itself.
            known |= (ulong)(Vector256.Equals(a, a) & Vector256.Equals(b, b)).ExtractMostSignificantBits() << row;
        }

        for (; row < lefts.Length; row++)
        {
            holds |= (TComparison.Invoke(lefts[row], rights[row]) ? 1UL : 0) << row;
            known |= (double.IsNaN(lefts[row]) || double.IsNaN(rights[row]) ? 0UL : 1) << row;
        }

        (trueRows, missingRows) = (holds & known, ~known);
    }
}

/// <summary>Compares a number with one that is the same in all rows.</summary>
internal sealed class BoundNode<TComparison>(Expression left, double bound) : MaskExpression
    where TComparison : struct, IComparison
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Numbers(batch);
        var masks = MaskBuffers(batch);
        for (var word = 0; word < masks.True.Length; word++)
        {
            var at = word * TruthMask.WordBits;
            CompareWord(lefts.Slice(at, Math.Min(TruthMask.WordBits, batch.RowCount - at)), bound, out masks.True[word], out masks.Missing[word]);
        }

        return masks.Whole;
    }

    /// <summary>Sixty-four rows or fewer.</summary>
    private static void CompareWord(ReadOnlySpan<double> lefts, double bound, out ulong trueRows, out ulong missingRows)
    {
        var (holds, known) = (0UL, 0UL);
        var bounds = Vector256.Create(bound);
        ref var firstLeft = ref MemoryMarshal.GetReference(lefts);
        var row = 0;
        for (; row <= lefts.Length - Vector256<double>.Count; row += Vector256<double>.Count)
        {
            var a = Vector256.LoadUnsafe(ref firstLeft, (nuint)row);
            holds |= (ulong)TComparison.Invoke(a, bounds).ExtractMostSignificantBits() << row;
            known |= (ulong)Vector256.Equals(a, a).ExtractMostSignificantBits() << row;
        }

        for (; row < lefts.Length; row++)
        {
            holds |= (TComparison.Invoke(lefts[row], bound) ? 1UL : 0) << row;
            known |= (double.IsNaN(lefts[row]) ? 0UL : 1) << row;
        }

        (trueRows, missingRows) = (holds & known, ~known);
    }
}
