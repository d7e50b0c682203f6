using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx;

/// <summary>
/// Looks for tensors whose numbers do not lie in the model file, wherever in the file they are.
/// </summary>
internal static class ExternalWeights
{
    /// <returns>The first such tensor's name and its file's; null where all numbers are in the
    /// model file.</returns>
    public static (string Tensor, string File)? Find(ModelProto model)
    {
        var tensors = TensorsOf(model.Graph).Concat(model.Functions.SelectMany(function => function.Node).SelectMany(TensorsOf));
        return tensors.FirstOrDefault(tensor => tensor.DataLocation == DataLocation.External || tensor.ExternalData.Count > 0) is { } found
            ? (found.Name.Length > 0 ? found.Name : "a constant", found.ExternalData.FirstOrDefault(entry => entry.Key == "location")?.Value ?? "a file that is not named")
            : null;
    }

    private static IEnumerable<TensorProto> TensorsOf(GraphProto graph) =>
        graph.Initializer.Concat(graph.SparseInitializer.SelectMany(TensorsOf)).Concat(graph.Node.SelectMany(TensorsOf));

    private static IEnumerable<TensorProto> TensorsOf(NodeProto node) => node.Attribute.SelectMany(attribute =>
        attribute.Tensors.Append(attribute.T)
            .Concat(attribute.SparseTensors.Append(attribute.SparseTensor).OfType<SparseTensorProto>().SelectMany(TensorsOf))
            .Concat(attribute.Graphs.Append(attribute.G).OfType<GraphProto>().SelectMany(TensorsOf))
            .OfType<TensorProto>());

    private static IEnumerable<TensorProto> TensorsOf(SparseTensorProto sparse) => new[] { sparse.Values, sparse.Indices }.OfType<TensorProto>();
}
