using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Explaining;

/// <summary>What the way to a leaf is worth to an input. 12 bytes.</summary>
/// <param name="Delta">Sum over the splits that compare the input: value of the next node on the
/// way, less the split's own.</param>
/// <param name="Input">The model's input that is credited.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct PathStep(double Delta, int Input);
