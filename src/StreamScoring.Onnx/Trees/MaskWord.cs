using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// 16 leaves of a tree, and where the splits that bear on them end in the list of splits, kind by
/// kind.
/// </summary>
/// <param name="FirstLeaf">Among the leaves of the tree, twice in 16 bits.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct MaskWord(int FirstLeaf, int AtMostEnd, int UnequalEnd, int UnequalOrMissingEnd);
