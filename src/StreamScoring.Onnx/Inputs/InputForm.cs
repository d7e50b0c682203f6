using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Inputs;

/// <summary>
/// How a model takes its rows: one matrix of numbers, or one column for each input. A model that
/// takes them in any other way is given nodes in front which make it do so.
/// </summary>
/// <param name="Names">One name for a matrix; else one per input, in the order of the
/// inputs.</param>
/// <param name="IsMatrix">One tensor [rows, inputs]; else one tensor [rows, 1] (or [rows]) per
/// input.</param>
/// <param name="Rank">Dimensions of each tensor.</param>
/// <param name="IsDouble">Whether numbers are float64; else float32.</param>
/// <param name="Rows">As many as the file says.</param>
/// <param name="Limits">Inputs that become whole numbers or truth values, and what those can
/// hold.</param>
internal sealed record InputForm(IReadOnlyList<string> Names, bool IsMatrix, int Rank, bool IsDouble, CallRows Rows, IReadOnlyList<InputLimit> Limits)
{
    /// <summary>A single payment would be padded to it.</summary>
    private const int CallRowsMax = 4096;

    /// <summary>
    /// Which tensor takes which inputs, where only their order says so; null: their names do.
    /// </summary>
    public IReadOnlyList<(InputTensor Tensor, IReadOnlyList<string> Features)>? Tensors { get; init; }

    /// <param name="inputs">All of them are taken.</param>
    /// <exception cref="Configuration.InvalidInputFileException">It takes other inputs than it is
    /// to be given.</exception>
    public static InputForm Of(string path, OnnxGraph graph, TensorPlan plan, IReadOnlyList<ModelInput> inputs)
    {
        var tensors = plan.Parts.Select(part => part.Tensor).ToList();
        var index = inputs.Select((input, i) => (input.Name, i)).ToDictionary(input => input.Name, input => input.i, StringComparer.Ordinal);
        foreach (var input in inputs.Where(input => !plan.Features.Contains(input.Name)))
        {
            throw ModelRefused.Because(path, $"takes no input {input.Name}; it takes {TensorPlan.Listed(tensors)}");
        }

        foreach (var (tensor, features) in plan.Parts)
        {
            foreach (var feature in features)
            {
                if (!index.TryGetValue(feature, out var i))
                {
                    throw ModelRefused.Because(path, $"takes {feature} as part of {tensor.Name}, which is not among the inputs given: {string.Join(", ", index.Keys)}");
                }

                if (inputs[i].IsText != tensor.IsText)
                {
                    throw ModelRefused.Because(path, $"takes {feature} as {tensor.Type} [{string.Join(", ", tensor.Dimensions)}]; expected one {(inputs[i].IsText ? "text" : "number")} a row");
                }
            }
        }

        var rows = RowsOf(path, tensors);
        var form = AsItIs(plan, inputs) ?? new GraphInputs(graph, plan, index, rows).Put();
        return form with { Rows = rows, Limits = [.. plan.Parts.SelectMany(part => part.Features.Select(feature => InputLimit.Of(index[feature], part.Tensor.Type)).OfType<InputLimit>())] };
    }

    /// <returns>Null where the model takes its rows in no form that lanes know.</returns>
    private static InputForm? AsItIs(TensorPlan plan, IReadOnlyList<ModelInput> inputs)
    {
        var (first, features) = plan.Parts[0];
        if (plan.Parts.Any(part => part.Tensor.Type is not (ElementType.Float or ElementType.Double or ElementType.Text) || part.Tensor.Dimensions.Count != first.Dimensions.Count))
        {
            return null;
        }

        if (plan.Parts.Count == 1 && first.Dimensions.Count == 2 && !first.IsText && features.SequenceEqual(inputs.Select(input => input.Name)))
        {
            return new InputForm([first.Name], IsMatrix: true, Rank: 2, first.Type == ElementType.Double, CallRows.Any, []);
        }

        var tensorOf = plan.Parts.Where(part => part.Features.Count == 1).GroupBy(part => part.Features[0]).ToDictionary(of => of.Key, of => of.ToList(), StringComparer.Ordinal);
        var numbers = plan.Parts.Where(part => !part.Tensor.IsText).Select(part => part.Tensor.Type).Distinct().ToList();
        return numbers.Count <= 1 && plan.Parts.Count == inputs.Count && inputs.All(input => tensorOf.TryGetValue(input.Name, out var of) && of.Count == 1)
            ? new InputForm([.. inputs.Select(input => tensorOf[input.Name][0].Tensor.Name)], IsMatrix: false, first.Dimensions.Count, numbers is [ElementType.Double], CallRows.Any, [])
            : null;
    }

    private static CallRows RowsOf(string path, List<InputTensor> tensors)
    {
        var said = tensors.Select(tensor => tensor.Dimensions[0]).Where(size => size > 0).Distinct().ToList();
        return said.Count switch
        {
            0 => CallRows.Any,
            1 when said[0] <= CallRowsMax => CallRows.Exactly((int)said[0]),
            1 => throw ModelRefused.Because(path, $"was exported for a batch of exactly {said[0]}, more than {CallRowsMax}; export it with a dynamic batch"),
            _ => throw ModelRefused.Because(path, $"takes tensors of {string.Join(" and ", said)} rows in one call; export it with a dynamic batch"),
        };
    }
}
