using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>A split as it bears on 32 leaves.</summary>
/// <param name="ValuesAt">Where the feature's column starts in a block.</param>
/// <param name="Mask">A bit for each leaf, as <see cref="IMaskTest.MaskKeeps"/> says.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct MaskSplit(float Threshold, int ValuesAt, uint Mask);
