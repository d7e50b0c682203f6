using StreamScoring.Onnx.Inputs;

namespace StreamScoring.Onnx;

/// <summary>How a model takes its rows and where its number stands, found out at load.</summary>
/// <param name="InputNames">One name for a matrix; else one per input, in the order of the
/// inputs.</param>
/// <param name="IsMatrix">One tensor [rows, inputs]; else one tensor [rows, 1] (or [rows]) per
/// input.</param>
/// <param name="InputRank">Dimensions of each tensor.</param>
/// <param name="IsDouble">Whether numbers are float64; else float32.</param>
/// <param name="OutputName">The output that is read.</param>
/// <param name="OutputRank">Its dimensions: 1 for [rows], 2 for [rows, columns].</param>
/// <param name="OutputColumns">Numbers per row.</param>
/// <param name="OutputColumn">The one that is read.</param>
/// <param name="Rows">How many rows a call may hold.</param>
/// <param name="Limits">Of inputs that become whole numbers.</param>
internal sealed record OnnxShape(
    IReadOnlyList<string> InputNames, bool IsMatrix, int InputRank, bool IsDouble, string OutputName, bool OutputIsDouble, int OutputRank, int OutputColumns,
    int OutputColumn, CallRows Rows, IReadOnlyList<InputLimit> Limits);
