using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Probing;

/// <summary>How a model takes its rows, as its file says it.</summary>
/// <param name="Names">One name for a matrix; else one per input, in the order of the
/// inputs.</param>
/// <param name="IsMatrix">One tensor [rows, inputs]; else one tensor [rows, 1] (or [rows]) per
/// input.</param>
/// <param name="Rank">Dimensions of each tensor.</param>
/// <param name="IsDouble">Whether numbers are float64; else float32.</param>
/// <param name="HasFixedRows">Exported for a batch of one.</param>
internal sealed record InputForm(IReadOnlyList<string> Names, bool IsMatrix, int Rank, bool IsDouble, bool HasFixedRows)
{
    /// <exception cref="Configuration.InvalidInputFileException">It takes other inputs than it is
    /// to be given, or in another form.</exception>
    public static InputForm Of(string path, InferenceSession session, IReadOnlyList<ModelInput> inputs)
    {
        var metadata = session.InputMetadata;
        foreach (var (name, input) in metadata)
        {
            if (!input.IsTensor || input.Dimensions.Length is 0 or > 2)
            {
                throw ModelRefused.Because(path, $"takes an input {name} of {(input.IsTensor ? $"{input.Dimensions.Length} dimensions" : "a kind that is no tensor")}; expected rows of features, [rows, {inputs.Count}], or one column per feature");
            }

            if (input.ElementType != typeof(float) && input.ElementType != typeof(double) && input.ElementType != typeof(string))
            {
                throw ModelRefused.Because(path, $"takes an input {name} of type {input.ElementType.Name}; expected float, double or string");
            }
        }

        var (firstName, first) = metadata.First();
        var fixedRows = metadata.Values.Any(input => input.Dimensions[0] == 1);
        if (metadata.Values.Any(input => input.Dimensions[0] > 1))
        {
            throw ModelRefused.Because(path, $"was exported for a batch of exactly {first.Dimensions[0]}; export it with a dynamic batch");
        }

        if (metadata.Count == 1 && first.Dimensions.Length == 2 && first.ElementType != typeof(string) && first.Dimensions[1] != 1)
        {
            return first.Dimensions[1] < 0 || first.Dimensions[1] == inputs.Count
                ? new InputForm([firstName], true, 2, first.ElementType == typeof(double), fixedRows)
                : throw ModelRefused.Because(path, $"takes {first.Dimensions[1]} features a row, and {inputs.Count} are given: {string.Join(", ", inputs.Select(input => input.Name))}");
        }

        foreach (var name in metadata.Keys)
        {
            if (inputs.All(input => input.Name != name))
            {
                throw ModelRefused.Because(path, $"takes an input {name}, which is not among the inputs given: {string.Join(", ", inputs.Select(input => input.Name))}");
            }
        }

        foreach (var input in inputs)
        {
            if (!metadata.TryGetValue(input.Name, out var taken))
            {
                throw ModelRefused.Because(path, $"takes no input {input.Name}; it takes {string.Join(", ", metadata.Keys)}");
            }

            if ((taken.ElementType == typeof(string)) != input.IsText || (taken.Dimensions.Length == 2 && taken.Dimensions[1] > 1))
            {
                throw ModelRefused.Because(path, $"takes {input.Name} as {taken.ElementType.Name} [{string.Join(", ", taken.Dimensions)}]; expected one {(input.IsText ? "string" : "number")} a row");
            }
        }

        return new InputForm([.. inputs.Select(input => input.Name)], false, first.Dimensions.Length, metadata.Values.Any(input => input.ElementType == typeof(double)), fixedRows);
    }
}
