using System.Security.Cryptography;
using Google.Protobuf;
using StreamScoring.Onnx.Outputs;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx;

/// <summary>
/// A model file looked at before it runs: its hash, and its graph without ZipMap, a converter's
/// last step that turns a tensor into a list of dictionaries. What the dictionaries' keys were is
/// kept.
/// </summary>
internal sealed class OnnxGraph
{
    private const int FloatElement = 1;

    private readonly GraphProto _graph;
    private readonly Dictionary<string, IReadOnlyList<string>> _zipMapLabels = [];

    private OnnxGraph(string hash, ModelProto model) => (Hash, Model, _graph) = (hash, model, model.Graph);

    /// <summary><c>sha256:</c> and the hash of the file as it came.</summary>
    public string Hash { get; }

    public ModelProto Model { get; }

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

        if (ExternalWeights.Find(model) is var (tensor, file))
        {
            // The runtime would look for it in the folder that the process runs in, and the hash on
            // decisions does not cover it.
            throw ModelRefused.Because(
                path, $"its weights lie in another file: those of {tensor} in {file}; save the model with its weights in one file (onnx.save(model, path, save_as_external_data=False))");
        }

        var graph = new OnnxGraph("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)), model);
        graph.RemoveZipMaps();
        return graph;
    }

    /// <summary>The file that runs.</summary>
    public byte[] ToBytes() => Model.ToByteArray();

    /// <returns>The classes by which a ZipMap named an output's columns, in their order; null where
    /// there was none.</returns>
    public IReadOnlyList<string>? ZipMapLabelsOf(string output) => _zipMapLabels.GetValueOrDefault(output);

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
