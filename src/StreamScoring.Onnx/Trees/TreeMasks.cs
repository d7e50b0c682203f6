using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Evaluates every split of a tree for 16 or 32 rows at a time. A row starts with all leaves of the
/// tree, each split whose comparison fails takes away the leaves on its other side, and the first
/// leaf that is left is the row's. No step depends on the outcome of another.
/// </summary>
/// <remarks>
/// After QuickScorer: Lucchese, Nardini, Orlando, Perego, Tonellotto and Venturini, SIGIR 2015; and
/// for rows side by side RapidScorer: Ye, Zhou, Zou, Gao and Zhang, KDD 2018.
/// </remarks>
internal sealed class TreeMasks
{
    private const int LeavesPerWord = 16;

    /// <summary>Splits between two looks at whether a word is done.</summary>
    private const int SplitsTogether = 2;

    private readonly RankColumns _ranks;
    private readonly MaskSplit[] _splits;
    private readonly MaskWord[] _words;
    /// <summary>
    /// By tree: where its words end. They stand in reverse, so that of the words with a leaf left
    /// the first is seen last.
    /// </summary>
    private readonly int[] _wordEnds;
    private readonly int[] _firstLeaf;

    /// <param name="firstLeaf">By tree: the number of its first leaf among those of all.</param>
    public TreeMasks(TreeEnsemble ensemble, RankColumns ranks, int[] firstLeaf)
    {
        (_ranks, _firstLeaf) = (ranks, firstLeaf);
        var (splits, words) = (new List<MaskSplit>(), new List<MaskWord>());
        _wordEnds = new int[ensemble.Trees.Count];
        for (var i = 0; i < _wordEnds.Length; i++)
        {
            AddTree(ensemble.Trees[i], ranks, splits, words);
            _wordEnds[i] = words.Count;
        }

        (_splits, _words) = ([.. splits], [.. words]);
    }

    /// <summary>Ranks of a block.</summary>
    public int RankCount => _ranks.Size;

    /// <summary>Whether leaves of each tree can be numbered in 16 bits.</summary>
    public static bool Covers(TreeEnsemble ensemble) => ensemble.Trees.All(tree => tree.LeafCount < short.MaxValue);

    /// <summary>Finds the leaves that the rows of a block fall into.</summary>
    /// <param name="block">Its ranks are filled.</param>
    /// <param name="rowCount">Rows that matter, of the 16 or 32 that are evaluated.</param>
    /// <param name="leaves">[trees, 32] Filled.</param>
    public void Find(RowBlock block, int rowCount, Span<int> leaves)
    {
        Invariant.Require(rowCount is > 0 and <= RowBlock.RowsMax);
        Invariant.Require(leaves.Length == _wordEnds.Length * RowBlock.RowsMax);
        _ranks.Fill(block, rowCount);
        if (rowCount > Vector256<short>.Count)
        {
            FindAll(block, leaves);
        }
        else
        {
            FindSixteen(block, leaves);
        }
    }

    // Loops over registers: under plain tiering such loops were measured 1.5 times slower until the
    // runtime had replaced them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private unsafe void FindAll(RowBlock block, Span<int> leaves)
    {
        fixed (short* ranks = block.Ranks)
        fixed (int* found = leaves)
        fixed (MaskSplit* splits = _splits)
        fixed (MaskWord* words = _words)
        {
            var split = splits;
            var word = words;
            for (var tree = 0; tree < _wordEnds.Length; tree++)
            {
                var (bits0, bits1, first0, first1) = (Vector256<short>.Zero, Vector256<short>.Zero, Vector256<short>.Zero, Vector256<short>.Zero);
                for (var wordEnd = words + _wordEnds[tree]; word < wordEnd; word++)
                {
                    var (left0, left1) = (Vector256<short>.AllBitsSet, Vector256<short>.AllBitsSet);
                    split = ApplyToAll<AtMost>(split, splits + word->AtMostEnd, ranks, ref left0, ref left1);
                    // Most trees have no other kinds: one look says so.
                    if (word->AtMostEnd < word->UnequalOrMissingEnd)
                    {
                        split = ApplyToAll<Unequal>(split, splits + word->UnequalEnd, ranks, ref left0, ref left1);
                        split = ApplyToAll<UnequalOrMissing>(split, splits + word->UnequalOrMissingEnd, ranks, ref left0, ref left1);
                    }

                    var first = Vector256.Create(word->FirstLeaf).AsInt16();
                    Take(left0, first, ref bits0, ref first0);
                    Take(left1, first, ref bits1, ref first1);
                }

                var to = found + (tree * RowBlock.RowsMax);
                Store(bits0, first0, _firstLeaf[tree], to);
                Store(bits1, first1, _firstLeaf[tree], to + Vector256<short>.Count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private unsafe void FindSixteen(RowBlock block, Span<int> leaves)
    {
        fixed (short* ranks = block.Ranks)
        fixed (int* found = leaves)
        fixed (MaskSplit* splits = _splits)
        fixed (MaskWord* words = _words)
        {
            var split = splits;
            var word = words;
            for (var tree = 0; tree < _wordEnds.Length; tree++)
            {
                var (bits, first) = (Vector256<short>.Zero, Vector256<short>.Zero);
                for (var wordEnd = words + _wordEnds[tree]; word < wordEnd; word++)
                {
                    var left = Vector256<short>.AllBitsSet;
                    split = Apply<AtMost>(split, splits + word->AtMostEnd, ranks, ref left);
                    if (word->AtMostEnd < word->UnequalOrMissingEnd)
                    {
                        split = Apply<Unequal>(split, splits + word->UnequalEnd, ranks, ref left);
                        split = Apply<UnequalOrMissing>(split, splits + word->UnequalOrMissingEnd, ranks, ref left);
                    }

                    Take(left, Vector256.Create(word->FirstLeaf).AsInt16(), ref bits, ref first);
                }

                Store(bits, first, _firstLeaf[tree], found + (tree * RowBlock.RowsMax));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe MaskSplit* ApplyToAll<TTest>(MaskSplit* split, MaskSplit* end, short* ranks, ref Vector256<short> left0, ref Vector256<short> left1)
        where TTest : struct, IMaskTest
    {
        for (; split < end; split += SplitsTogether)
        {
            ApplyOne<TTest>(split, ranks, ref left0, ref left1);
            ApplyOne<TTest>(split + 1, ranks, ref left0, ref left1);
        }

        return split;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyOne<TTest>(MaskSplit* split, short* ranks, ref Vector256<short> left0, ref Vector256<short> left1)
        where TTest : struct, IMaskTest
    {
        var column = (short*)((byte*)ranks + split->RanksAt);
        var (limit, mask) = (Vector256.Create(split->Limit).AsInt16(), Vector256.Create(split->Mask).AsInt16());
        // In this order the two operations are one instruction where the processor has it.
        left0 = (TTest.Holds(Vector256.Load(column), limit) | mask) & left0;
        left1 = (TTest.Holds(Vector256.Load(column + Vector256<short>.Count), limit) | mask) & left1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe MaskSplit* Apply<TTest>(MaskSplit* split, MaskSplit* end, short* ranks, ref Vector256<short> left)
        where TTest : struct, IMaskTest
    {
        for (; split < end; split += SplitsTogether)
        {
            ApplyOne<TTest>(split, ranks, ref left);
            ApplyOne<TTest>(split + 1, ranks, ref left);
        }

        return split;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyOne<TTest>(MaskSplit* split, short* ranks, ref Vector256<short> left)
        where TTest : struct, IMaskTest
    {
        var column = (short*)((byte*)ranks + split->RanksAt);
        var (limit, mask) = (Vector256.Create(split->Limit).AsInt16(), Vector256.Create(split->Mask).AsInt16());
        left = (TTest.Holds(Vector256.Load(column), limit) | mask) & left;
    }

    /// <summary>Takes over a word where it has a leaf left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(Vector256<short> left, Vector256<short> firstLeaf, ref Vector256<short> bits, ref Vector256<short> first)
    {
        var isEmpty = Vector256.Equals(left, Vector256<short>.Zero);
        bits = Vector256.ConditionalSelect(isEmpty, bits, left);
        first = Vector256.ConditionalSelect(isEmpty, first, firstLeaf);
    }

    /// <param name="bits">Of the leaves that are left in a row's word.</param>
    /// <param name="first">The word's first leaf.</param>
    /// <param name="firstLeaf">The tree's first leaf among those of all trees.</param>
    /// <param name="leaves">[16] Filled with the row's leaf.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Store(Vector256<short> bits, Vector256<short> first, int firstLeaf, int* leaves)
    {
        var lowest = (bits & (Vector256<short>.Zero - bits)).AsUInt16();
        var (low, high) = Vector256.Widen(lowest);
        var (lowFirst, highFirst) = Vector256.Widen(first);
        (NumberOf(low) + lowFirst + Vector256.Create(firstLeaf)).Store(leaves);
        (NumberOf(high) + highFirst + Vector256.Create(firstLeaf)).Store(leaves + Vector256<int>.Count);
    }

    /// <summary>The number of the only bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> NumberOf(Vector256<uint> bit)
    {
        // A power of two is exact as a float, and its exponent, which starts at bit 23 with an
        // offset of 127, is the number of its bit.
        var power = Vector256.ConvertToSingle(bit.AsInt32()).AsInt32();
        return Vector256.ShiftRightLogical(power, 23) - Vector256.Create(127);
    }

    private static void AddTree(DecisionTree tree, RankColumns ranks, List<MaskSplit> splits, List<MaskWord> words)
    {
        for (var first = (tree.LeafCount - 1) / LeavesPerWord * LeavesPerWord; first >= 0; first -= LeavesPerWord)
        {
            int Add(Func<TreeSplit, bool> isOfKind)
            {
                foreach (var split in tree.Splits.Where(isOfKind))
                {
                    var goes = Bits(split.FirstLeaf - first, split.EndLeaf - first);
                    if (goes != 0)
                    {
                        var (ranksAt, rank) = ranks.Of(split);
                        splits.Add(MaskSplit.Of(ranksAt, split.IsUnequal ? rank : rank + 1, (ushort)~goes));
                    }
                }

                while (splits.Count % SplitsTogether != 0)
                {
                    // All leaves stay, whatever is compared.
                    splits.Add(MaskSplit.Of(ranksAt: 0, limit: 0, ushort.MaxValue));
                }

                return splits.Count;
            }

            words.Add(new MaskWord(
                MaskSplit.Twice((ushort)first), Add(split => !split.IsUnequal), Add(split => split.IsUnequal && !split.MissingIsTrue), Add(split => split.IsUnequal && split.MissingIsTrue)));
        }
    }

    private static ushort Bits(int start, int end)
    {
        (start, end) = (Math.Clamp(start, 0, LeavesPerWord), Math.Clamp(end, 0, LeavesPerWord));
        return (ushort)(((1U << (end - start)) - 1) << start);
    }
}
