using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Explaining;

/// <summary>A split on the way to a leaf.</summary>
/// <param name="Delta">Value of the next node on the way, less the split's own.</param>
/// <param name="Input">The model's input that is credited.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PathStep(double Delta, int Input);
