using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Explaining;

/// <summary>A split and what either way through it is worth.</summary>
/// <param name="Input">The model's input that is credited.</param>
/// <param name="ValuesAt">Where the feature that is compared stands in a block.</param>
/// <param name="WhenTrue">The next split where the comparison holds; below 0 for a leaf.</param>
/// <param name="WhenFalse">The other one.</param>
/// <param name="DeltaTrue">Value of the child where the comparison holds, less the split's
/// own.</param>
/// <param name="DeltaFalse">The same of the other child.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PathNode(
    double DeltaTrue, double DeltaFalse, float Threshold, int Input, int ValuesAt, int WhenTrue, int WhenFalse, bool IsUnequal, bool MissingIsTrue);
