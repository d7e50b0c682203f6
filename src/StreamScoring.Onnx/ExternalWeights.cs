using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using StreamScoring.Configuration;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx;

/// <summary>
/// Puts the numbers of tensors that lie in files beside the model file into the model, wherever in
/// it they are. (https://onnx.ai/onnx/repo-docs/ExternalData.html)
/// </summary>
internal static class ExternalWeights
{
    /// <summary>As large as a message of the format may be, with room for its graph.</summary>
    private const long BytesMax = 1_900_000_000;

    /// <summary>
    /// Reads them. The runtime would look for the files in the folder that the process runs in, and
    /// the model's hash must cover them.
    /// </summary>
    /// <param name="hash">Given each file: its name, and what it holds.</param>
    /// <returns>The files' names, relative to the model's folder.</returns>
    /// <exception cref="InvalidInputFileException">A file is missing, lies outside of
    /// the model's folder, or is too short.</exception>
    public static IReadOnlyList<string> Read(string modelPath, ModelProto model, IncrementalHash hash)
    {
        var tensors = TensorsOf(model.Graph).Concat(model.Functions.SelectMany(function => function.Node).SelectMany(TensorsOf))
            .Where(tensor => tensor.DataLocation == DataLocation.External || tensor.ExternalData.Count > 0).ToList();
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var total = 0L;
        foreach (var tensor in tensors)
        {
            var name = ValueOf(tensor, "location") ?? throw Refused(modelPath, tensor, "a file that is not named");
            if (!files.TryGetValue(name, out var bytes))
            {
                files[name] = bytes = ReadFile(modelPath, tensor, name, BytesMax - total);
                total += bytes.Length;
            }

            var offset = NumberOf(modelPath, tensor, "offset") ?? 0;
            var length = NumberOf(modelPath, tensor, "length") ?? bytes.Length - offset;
            if (offset < 0 || length < 0 || offset > bytes.Length - length)
            {
                throw Refused(modelPath, tensor, $"{name} at {offset}, {length} bytes of it, and the file has {bytes.Length}: it was cut short, or is another model's");
            }

            tensor.RawData = ByteString.CopyFrom(bytes, (int)offset, (int)length);
            tensor.ExternalData.Clear();
            tensor.DataLocation = DataLocation.Default;
        }

        foreach (var (name, bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\0{name}\0{bytes.Length}\0")));
            hash.AppendData(bytes);
        }

        return [.. files.Keys];
    }

    private static byte[] ReadFile(string modelPath, TensorProto tensor, string name, long bytesMax)
    {
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw Refused(modelPath, tensor, "a file whose name holds a NUL");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
        var path = Path.GetFullPath(Path.Combine(folder, name));
        // A model from elsewhere must not read what else lies on the machine.
        var file = new FileInfo(path);
        if (Path.IsPathRooted(name) || !path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || (file.Exists && IsLinkedFromOutside(folder, path)))
        {
            throw Refused(modelPath, tensor, $"{name}, which is outside of the model's folder; put it beside the model");
        }

        if (!file.Exists)
        {
            throw Refused(modelPath, tensor, $"{name}, which is missing; copy it beside the model, or save the model in one file (onnx.save(model, path, save_as_external_data=False))");
        }

        if (file.Length > bytesMax)
        {
            throw Refused(modelPath, tensor, $"{name}, which makes the model larger than {BytesMax / 1e9:0.0} GB");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelRefused.Because(modelPath, e.Message, e);
        }
    }

    private static bool IsLinkedFromOutside(string folder, string path)
    {
        for (var at = path; at.Length > folder.Length; at = Path.GetDirectoryName(at)!)
        {
            var target = new FileInfo(at).ResolveLinkTarget(returnFinalTarget: true) ?? new DirectoryInfo(at).ResolveLinkTarget(returnFinalTarget: true);
            if (target is not null && !target.FullName.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static long? NumberOf(string modelPath, TensorProto tensor, string key) => ValueOf(tensor, key) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Refused(modelPath, tensor, $"a file, and its {key} is no number");

    private static string? ValueOf(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static InvalidInputFileException Refused(string modelPath, TensorProto tensor, string where) =>
        ModelRefused.Because(modelPath, $"the weights of {(tensor.Name.Length > 0 ? tensor.Name : "a constant")} lie in {where}");

    private static IEnumerable<TensorProto> TensorsOf(GraphProto graph) =>
        graph.Initializer.Concat(graph.SparseInitializer.SelectMany(TensorsOf)).Concat(graph.Node.SelectMany(TensorsOf));

    private static IEnumerable<TensorProto> TensorsOf(NodeProto node) => node.Attribute.SelectMany(attribute =>
        attribute.Tensors.Append(attribute.T)
            .Concat(attribute.SparseTensors.Append(attribute.SparseTensor).OfType<SparseTensorProto>().SelectMany(TensorsOf))
            .Concat(attribute.Graphs.Append(attribute.G).OfType<GraphProto>().SelectMany(TensorsOf))
            .OfType<TensorProto>());

    private static IEnumerable<TensorProto> TensorsOf(SparseTensorProto sparse) => new[] { sparse.Values, sparse.Indices }.OfType<TensorProto>();
}
