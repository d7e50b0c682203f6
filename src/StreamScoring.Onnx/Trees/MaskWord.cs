using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// 32 leaves of a tree, and where the splits that bear on them end in the list of splits, kind by
/// kind.
/// </summary>
/// <param name="FirstLeaf">Among the leaves of all trees.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct MaskWord(int FirstLeaf, int AtMostEnd, int AtMostOrMissingEnd, int UnequalEnd, int UnequalOrMissingEnd);
