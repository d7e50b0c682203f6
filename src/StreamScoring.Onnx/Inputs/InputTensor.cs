using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Inputs;

/// <summary>A tensor that a model takes, as its file says it.</summary>
/// <param name="Dimensions">-1 for any size; the first is rows.</param>
internal sealed record InputTensor(string Name, ElementType Type, IReadOnlyList<long> Dimensions)
{
    public bool IsText => Type == ElementType.Text;

    /// <summary>Values of a row; -1 for any number.</summary>
    public long Width => Dimensions.Count == 1 ? 1 : Dimensions[1];

    /// <returns>In the order of the file.</returns>
    /// <exception cref="Configuration.InvalidInputFileException">One holds no rows of numbers or
    /// texts.</exception>
    public static IReadOnlyList<InputTensor> Of(string path, OnnxGraph graph)
    {
        // Old files list their weights among the inputs too.
        var weights = graph.Model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        IReadOnlyList<InputTensor> tensors = [.. graph.Model.Graph.Input.Where(input => !weights.Contains(input.Name)).Select(input => Of(path, input))];
        return tensors.Count > 0 ? tensors : throw ModelRefused.Because(path, "takes no inputs; a fraud model takes features");
    }

    private static InputTensor Of(string path, ValueInfoProto input)
    {
        // Some files do not say their shape: rows of any number of columns.
        if (input.Type?.TensorType is { Shape: null } open && ((ElementType)open.ElemType).IsTaken())
        {
            return new InputTensor(input.Name, (ElementType)open.ElemType, [-1, -1]);
        }

        if (input.Type?.TensorType is not { } tensor || tensor.Shape is not { Dim.Count: 1 or 2 } shape)
        {
            var form = input.Type?.TensorType is { } other ? $"{other.Shape?.Dim.Count ?? 0} dimensions" : "a kind that is no tensor";
            throw ModelRefused.Because(path, $"takes an input {input.Name} of {form}; expected rows of features, [rows, features], or one column per feature");
        }

        var type = (ElementType)tensor.ElemType;
        return type.IsTaken()
            ? new InputTensor(input.Name, type, [.. shape.Dim.Select(dimension => dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? Math.Max(-1, dimension.DimValue) : -1)])
            : throw ModelRefused.Because(path, $"takes an input {input.Name} of the element type {tensor.ElemType} of the format; expected numbers, truth values or texts");
    }
}
