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
    public static List<OrtValue> Of(OnnxShape shape, IReadOnlyList<ModelInput> inputs, FeatureMatrix matrix, int row)
    {
        long[] Shape(int width) => shape.InputRank == 1 ? [1] : [1, width];
        if (shape.IsMatrix)
        {
            return [Numbers(shape, Enumerable.Range(0, inputs.Count).Select(i => matrix.Column(i)[row]), Shape(inputs.Count))];
        }

        return [.. inputs.Select((input, i) => input.IsText
            ? OrtValue.CreateFromStringTensor(new DenseTensor<string>(new[] { Text(matrix, i, row) }, [.. Shape(1).Select(size => (int)size)]))
            : Numbers(shape, [matrix.Column(i)[row]], Shape(1)))];
    }

    private static string Text(FeatureMatrix matrix, int column, int row) =>
        matrix.TextOf(column) is { } texts ? Encoding.UTF8.GetString(texts.Value(matrix.TextBytes, row)) : "";

    private static OrtValue Numbers(OnnxShape shape, IEnumerable<double> values, long[] dimensions) =>
        shape.IsDouble
            ? OrtValue.CreateTensorValueFromMemory(values.ToArray(), dimensions)
            : OrtValue.CreateTensorValueFromMemory(values.Select(value => (float)value).ToArray(), dimensions);
}
