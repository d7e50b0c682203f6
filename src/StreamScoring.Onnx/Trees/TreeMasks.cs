using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Evaluates every split of a tree for eight or 32 rows at a time. A row starts with all leaves of
/// the tree, each split whose comparison fails takes away the leaves on its other side, and the
/// first leaf that is left is the row's. No step depends on the outcome of another.
/// </summary>
/// <remarks>
/// After QuickScorer: Lucchese, Nardini, Orlando, Perego, Tonellotto and Venturini, SIGIR 2015.
/// </remarks>
internal sealed class TreeMasks
{
    private const int LeavesPerWord = 32;

    private readonly MaskSplit[] _splits;
    private readonly MaskWord[] _words;
    /// <summary>
    /// By tree: where its words end. They stand in reverse, so that of the words with a leaf left
    /// the first is seen last.
    /// </summary>
    private readonly int[] _wordEnds;

    public TreeMasks(TreeEnsemble ensemble, IReadOnlyList<int> firstLeaf)
    {
        var (splits, words) = (new List<MaskSplit>(), new List<MaskWord>());
        _wordEnds = new int[ensemble.Trees.Count];
        for (var i = 0; i < _wordEnds.Length; i++)
        {
            AddTree(ensemble.Trees[i], firstLeaf[i], splits, words);
            _wordEnds[i] = words.Count;
        }

        (_splits, _words) = ([.. splits], [.. words]);
    }

    /// <summary>Finds the leaves that the rows of a block fall into.</summary>
    /// <param name="rowCount">Rows that matter, of the eight, 16 or 32 that are evaluated.</param>
    /// <param name="leaves">[trees, 32] Filled.</param>
    public void Find(RowBlock block, int rowCount, Span<int> leaves)
    {
        Invariant.Require(rowCount is > 0 and <= RowBlock.RowsMax);
        Invariant.Require(leaves.Length == _wordEnds.Length * RowBlock.RowsMax);
        if (rowCount > 2 * Vector256<float>.Count)
        {
            // All 32 were measured to take 2.4 times as long as eight.
            FindAll(block, leaves);
            return;
        }

        for (var firstRow = 0; firstRow < rowCount; firstRow += Vector256<float>.Count)
        {
            FindEight(block, firstRow, leaves);
        }
    }

    // Loops over registers: under plain tiering such loops were measured 1.5 times slower until the
    // runtime had replaced them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void FindAll(RowBlock block, Span<int> leaves)
    {
        fixed (float* values = block.Values)
        fixed (int* found = leaves)
        fixed (MaskSplit* splits = _splits)
        fixed (MaskWord* words = _words)
        {
            var split = splits;
            var word = words;
            for (var tree = 0; tree < _wordEnds.Length; tree++)
            {
                var (leaf0, leaf1, leaf2, leaf3) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
                for (var wordEnd = words + _wordEnds[tree]; word < wordEnd; word++)
                {
                    var (left0, left1, left2, left3) = (Vector256<uint>.AllBitsSet, Vector256<uint>.AllBitsSet, Vector256<uint>.AllBitsSet, Vector256<uint>.AllBitsSet);
                    split = ApplyToAll<AtMost>(split, splits + word->AtMostEnd, values, ref left0, ref left1, ref left2, ref left3);
                    split = ApplyToAll<AtMostOrMissing>(split, splits + word->AtMostOrMissingEnd, values, ref left0, ref left1, ref left2, ref left3);
                    split = ApplyToAll<Unequal>(split, splits + word->UnequalEnd, values, ref left0, ref left1, ref left2, ref left3);
                    split = ApplyToAll<UnequalOrMissing>(split, splits + word->UnequalOrMissingEnd, values, ref left0, ref left1, ref left2, ref left3);
                    var firstLeaf = word->FirstLeaf;
                    leaf0 = FirstLeft(left0, firstLeaf, leaf0);
                    leaf1 = FirstLeft(left1, firstLeaf, leaf1);
                    leaf2 = FirstLeft(left2, firstLeaf, leaf2);
                    leaf3 = FirstLeft(left3, firstLeaf, leaf3);
                }

                var to = found + (tree * RowBlock.RowsMax);
                leaf0.Store(to);
                leaf1.Store(to + 8);
                leaf2.Store(to + 16);
                leaf3.Store(to + 24);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void FindEight(RowBlock block, int firstRow, Span<int> leaves)
    {
        fixed (float* blockValues = block.Values)
        fixed (int* found = leaves)
        fixed (MaskSplit* splits = _splits)
        fixed (MaskWord* words = _words)
        {
            var values = blockValues + firstRow;
            var split = splits;
            var word = words;
            for (var tree = 0; tree < _wordEnds.Length; tree++)
            {
                var leaf = Vector256<int>.Zero;
                for (var wordEnd = words + _wordEnds[tree]; word < wordEnd; word++)
                {
                    var left = Vector256<uint>.AllBitsSet;
                    split = Apply<AtMost>(split, splits + word->AtMostEnd, values, ref left);
                    split = Apply<AtMostOrMissing>(split, splits + word->AtMostOrMissingEnd, values, ref left);
                    split = Apply<Unequal>(split, splits + word->UnequalEnd, values, ref left);
                    split = Apply<UnequalOrMissing>(split, splits + word->UnequalOrMissingEnd, values, ref left);
                    leaf = FirstLeft(left, word->FirstLeaf, leaf);
                }

                leaf.Store(found + (tree * RowBlock.RowsMax) + firstRow);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe MaskSplit* ApplyToAll<TTest>(
        MaskSplit* split, MaskSplit* end, float* values, ref Vector256<uint> left0, ref Vector256<uint> left1, ref Vector256<uint> left2, ref Vector256<uint> left3)
        where TTest : struct, IMaskTest
    {
        for (; split < end; split++)
        {
            var column = values + split->ValuesAt;
            var (threshold, mask) = (Vector256.Create(split->Threshold), Vector256.Create(split->Mask));
            left0 = TTest.Apply(left0, Vector256.Load(column), threshold, mask);
            left1 = TTest.Apply(left1, Vector256.Load(column + 8), threshold, mask);
            left2 = TTest.Apply(left2, Vector256.Load(column + 16), threshold, mask);
            left3 = TTest.Apply(left3, Vector256.Load(column + 24), threshold, mask);
        }

        return split;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe MaskSplit* Apply<TTest>(MaskSplit* split, MaskSplit* end, float* values, ref Vector256<uint> left)
        where TTest : struct, IMaskTest
    {
        for (; split < end; split++)
        {
            left = TTest.Apply(left, Vector256.Load(values + split->ValuesAt), Vector256.Create(split->Threshold), Vector256.Create(split->Mask));
        }

        return split;
    }

    /// <summary>
    /// The number of the lowest bit, from <paramref name="firstLeaf"/>; where no bit is left, what
    /// was there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> FirstLeft(Vector256<uint> left, int firstLeaf, Vector256<int> otherwise)
    {
        // A power of two is exact as a float, and its exponent, which starts at bit 23 with an
        // offset of 127, is the number of its bit. The top bit makes a negative number of the same
        // exponent.
        var lowest = (left & (Vector256<uint>.Zero - left)).AsInt32();
        var exponent = Vector256.ShiftRightLogical(Vector256.ConvertToSingle(lowest).AsInt32(), 23) & Vector256.Create(0xFF);
        return Vector256.ConditionalSelect(Vector256.Equals(lowest, Vector256<int>.Zero), otherwise, exponent + Vector256.Create(firstLeaf - 127));
    }

    private static void AddTree(DecisionTree tree, int firstLeaf, List<MaskSplit> splits, List<MaskWord> words)
    {
        for (var first = (tree.LeafCount - 1) / LeavesPerWord * LeavesPerWord; first >= 0; first -= LeavesPerWord)
        {
            void Add<TTest>(bool isUnequal, bool missingIsTrue) where TTest : struct, IMaskTest
            {
                foreach (var split in tree.Splits)
                {
                    var goes = Bits(split.FirstLeaf - first, split.EndLeaf - first);
                    if (goes != 0 && split.IsUnequal == isUnequal && split.MissingIsTrue == missingIsTrue)
                    {
                        splits.Add(new MaskSplit((float)split.Threshold, split.Feature * RowBlock.RowsMax, TTest.MaskKeeps ? ~goes : goes));
                    }
                }
            }

            Add<AtMost>(false, false);
            var atMostEnd = splits.Count;
            Add<AtMostOrMissing>(false, true);
            var atMostOrMissingEnd = splits.Count;
            Add<Unequal>(true, false);
            var unequalEnd = splits.Count;
            Add<UnequalOrMissing>(true, true);
            words.Add(new MaskWord(firstLeaf + first, atMostEnd, atMostOrMissingEnd, unequalEnd, splits.Count));
        }
    }

    private static uint Bits(int start, int end)
    {
        (start, end) = (Math.Clamp(start, 0, LeavesPerWord), Math.Clamp(end, 0, LeavesPerWord));
        return (uint)(((1UL << (end - start)) - 1) << start);
    }
}
