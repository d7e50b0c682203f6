using Microsoft.ML.OnnxRuntime;
using StreamScoring.Batches;

namespace StreamScoring.Onnx;

/// <summary>Input and output arrays for calls of one size, bound to the session.</summary>
internal sealed class BoundBucket : IDisposable
{
    private readonly bool _isMatrix;
    private readonly float[]?[] _floats;
    private readonly double[]?[] _doubles;
    private readonly float[]? _floatOutput;
    private readonly double[]? _doubleOutput;
    private readonly List<OrtValue> _values = [];

    public BoundBucket(InferenceSession session, OnnxShape shape, int inputCount, int rows)
    {
        (Rows, _isMatrix) = (rows, shape.IsMatrix);
        Binding = session.CreateIoBinding();
        var tensors = shape.IsMatrix ? 1 : inputCount;
        var width = shape.IsMatrix ? inputCount : 1;
        long[] inputShape = shape.InputRank == 1 ? [rows] : [rows, width];
        _floats = new float[tensors][];
        _doubles = new double[tensors][];
        for (var i = 0; i < tensors; i++)
        {
            var value = shape.IsDouble
                ? OrtValue.CreateTensorValueFromMemory(_doubles[i] = GC.AllocateArray<double>(rows * width, pinned: true), inputShape)
                : OrtValue.CreateTensorValueFromMemory(_floats[i] = GC.AllocateArray<float>(rows * width, pinned: true), inputShape);
            _values.Add(value);
            Binding.BindInput(shape.InputNames[i], value);
        }

        long[] outputShape = shape.OutputRank == 1 ? [rows] : [rows, shape.OutputColumns];
        var output = shape.OutputIsDouble
            ? OrtValue.CreateTensorValueFromMemory(_doubleOutput = GC.AllocateArray<double>(rows * shape.OutputColumns, pinned: true), outputShape)
            : OrtValue.CreateTensorValueFromMemory(_floatOutput = GC.AllocateArray<float>(rows * shape.OutputColumns, pinned: true), outputShape);
        _values.Add(output);
        Binding.BindOutput(shape.OutputName, output);
    }

    public int Rows { get; }

    public OrtIoBinding Binding { get; }

    /// <summary>
    /// Copies rows into the bound inputs, and the first of them into those that are left over: what
    /// an earlier call left there might spoil this one.
    /// </summary>
    public void Fill(FeatureMatrix features, int[] columns, ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            var values = features.Column(columns[i]);
            var (stride, start) = _isMatrix ? (columns.Length, i) : (1, 0);
            if (_floats[_isMatrix ? 0 : i] is { } floats)
            {
                for (var row = 0; row < rows.Length; row++)
                {
                    floats[(row * stride) + start] = (float)values[rows[row]];
                }

                for (var row = rows.Length; row < Rows; row++)
                {
                    floats[(row * stride) + start] = floats[start];
                }
            }
            else
            {
                var doubles = _doubles[_isMatrix ? 0 : i]!;
                for (var row = 0; row < rows.Length; row++)
                {
                    doubles[(row * stride) + start] = values[rows[row]];
                }

                for (var row = rows.Length; row < Rows; row++)
                {
                    doubles[(row * stride) + start] = doubles[start];
                }
            }
        }
    }

    public void Read(int columnCount, int column, Span<double> raw)
    {
        for (var row = 0; row < raw.Length; row++)
        {
            raw[row] = _floatOutput is { } floats ? floats[(row * columnCount) + column] : _doubleOutput![(row * columnCount) + column];
        }
    }

    public void Dispose()
    {
        Binding.Dispose();
        foreach (var value in _values)
        {
            value.Dispose();
        }
    }
}
