using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Probing;

/// <summary>
/// Tensors for one call, made anew: for finding out a model's form, before buffers can be bound.
/// </summary>
internal static class ProbeValues
{
    /// <summary>A row, as often as a call needs rows.</summary>
    public static List<OrtValue> Of(OnnxShape shape, IReadOnlyList<ModelInput> inputs, FeatureMatrix matrix, int row)
    {
        var count = shape.Rows.Min;
        long[] Shape(int width) => shape.InputRank == 1 ? [count] : [count, width];
        if (shape.IsMatrix)
        {
            return [Numbers(shape, Repeated(Enumerable.Range(0, inputs.Count).Select(i => matrix.Column(i)[row]), count), Shape(inputs.Count))];
        }

        return [.. inputs.Select((input, i) => input.IsText
            ? OrtValue.CreateFromStringTensor(new DenseTensor<string>(Repeated([Text(matrix, i, row)], count).ToArray(), [.. Shape(1).Select(size => (int)size)]))
            : Numbers(shape, Repeated([matrix.Column(i)[row]], count), Shape(1)))];
    }

    private static IEnumerable<T> Repeated<T>(IEnumerable<T> row, int count) => Enumerable.Repeat(row.ToList(), count).SelectMany(values => values);

    private static string Text(FeatureMatrix matrix, int column, int row) =>
        matrix.TextOf(column) is { } texts ? Encoding.UTF8.GetString(texts.Value(matrix.TextBytes, row)) : "";

    private static OrtValue Numbers(OnnxShape shape, IEnumerable<double> values, long[] dimensions) =>
        shape.IsDouble
            ? OrtValue.CreateTensorValueFromMemory(values.ToArray(), dimensions)
            : OrtValue.CreateTensorValueFromMemory(values.Select(value => (float)value).ToArray(), dimensions);
}
