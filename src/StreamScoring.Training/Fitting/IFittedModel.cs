using StreamScoring.Onnx.Protos;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Fitting;

/// <summary>What a fit gave: log-odds from rows, before calibration.</summary>
internal interface IFittedModel
{
    /// <summary>What it is, in a few words, for the card.</summary>
    string Description { get; }

    /// <summary>Trees that were kept; null where there are none.</summary>
    int? TreeCount { get; }

    /// <returns>[rows] By the engine that fitted it, in doubles.</returns>
    double[] LogOdds(RowMatrix rows);

    /// <param name="line">What becomes of the log-odds.</param>
    /// <param name="rows">That it was fitted to.</param>
    ModelProto ToOnnx(PlattLine line, RowMatrix rows, GraphInputs inputs);

    /// <param name="rows">That it was fitted to.</param>
    Contribute Explainer(RowMatrix rows);
}
