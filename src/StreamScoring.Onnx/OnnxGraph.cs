using System.Security.Cryptography;
using Google.Protobuf;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Outputs;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx;

/// <summary>
/// A model file looked at before it runs: its hash, and its graph without ZipMap, a converter's
/// last step that turns a tensor into a list of dictionaries. What the dictionaries' keys were is
/// kept. Outputs of 16 bits are made float32.
/// </summary>
internal sealed class OnnxGraph
{
    private const int FloatElement = 1;

    private readonly GraphProto _graph;
    private readonly Dictionary<string, IReadOnlyList<string>> _zipMapLabels = [];

    /// <summary>By name of an output as it is now, as the file has it.</summary>
    private readonly Dictionary<string, string> _outputNames = [];

    private OnnxGraph(string hash, ModelProto model) => (Hash, Model, _graph) = (hash, model, model.Graph);

    /// <summary>
    /// <c>sha256:</c> and the hash of the file as it came, followed by the files that its weights
    /// lie in (<see cref="ExternalWeights"/>).
    /// </summary>
    public string Hash { get; }

    public ModelProto Model { get; }

    /// <summary>Files that its weights lie in, relative to its folder.</summary>
    public required IReadOnlyList<string> WeightFiles { get; init; }

    /// <exception cref="Configuration.InvalidInputFileException">The file is missing, empty, cut,
    /// or no ONNX.</exception>
    public static OnnxGraph Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelRefused.Because(path, e.Message, e);
        }

        if (bytes.Length == 0)
        {
            throw ModelRefused.Because(path, "the file is empty; export the model again");
        }

        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw ModelRefused.Because(path, "the file is not an ONNX model, or was cut short; export or copy it again", e);
        }

        if (model.Graph is null || model.Graph.Node.Count == 0 || model.IrVersion == 0)
        {
            throw ModelRefused.Because(path, "the file is not an ONNX model: it holds no graph");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes);
        var weightFiles = ExternalWeights.Read(path, model, hash);
        var graph = new OnnxGraph("sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()), model) { WeightFiles = weightFiles };
        graph.RemoveZipMaps();
        graph.WidenOutputs();
        return graph;
    }

    /// <summary>The file that runs.</summary>
    public byte[] ToBytes() => Model.ToByteArray();

    /// <returns>The classes by which a ZipMap named an output's columns, in their order; null where
    /// there was none.</returns>
    public IReadOnlyList<string>? ZipMapLabelsOf(string output) => _zipMapLabels.GetValueOrDefault(output);

    /// <returns>An output's name as the file has it.</returns>
    public string OutputNameOf(string output) => _outputNames.GetValueOrDefault(output, output);

    private void WidenOutputs()
    {
        foreach (var output in _graph.Output.Where(output => (ElementType)(output.Type?.TensorType?.ElemType ?? 0) is ElementType.Float16 or ElementType.BFloat16))
        {
            var name = $"{output.Name}_scoring_float";
            _graph.Node.Add(new NodeProto { OpType = "Cast", Input = { output.Name }, Output = { name }, Attribute = { new AttributeProto { Name = "to", Type = AttributeType.Int, I = FloatElement } } });
            _outputNames[name] = output.Name;
            (output.Name, output.Type.TensorType.ElemType) = (name, FloatElement);
        }
    }

    private void RemoveZipMaps()
    {
        foreach (var node in _graph.Node.Where(node => node.OpType == "ZipMap").ToList())
        {
            var output = _graph.Output.FirstOrDefault(output => node.Output.Contains(output.Name));
            if (output is null)
            {
                continue;
            }

            _graph.Node.Remove(node);
            _outputNames[node.Input[0]] = output.Name;
            output.Name = node.Input[0];
            if (ClassLabels.OfAttributes(node) is { } labels)
            {
                _zipMapLabels[output.Name] = labels;
            }

            // Two dimensions of any size: the probe at load finds out how wide it is.
            output.Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = FloatElement } };
        }
    }
}
