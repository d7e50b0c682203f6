using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

public sealed class ExternalWeightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("external").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("initializer")]
    [InlineData("sparse initializer")]
    [InlineData("constant")]
    [InlineData("list")]
    [InlineData("branch")]
    [InlineData("function")]
    [InlineData("without a location")]
    public void A_model_whose_weights_lie_in_another_file_is_refused_by_name_wherever_they_stand(string where)
    {
        var model = HandMadeModels.TwoClassesByList(["fraud", "good"]);
        var weights = new TensorProto { Name = "outside", DataType = 1, Dims = { 2, 2 }, DataLocation = DataLocation.External };
        if (where != "without a location")
        {
            weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "w.data" });
        }

        var graph = model.Graph;
        var branch = new GraphProto { Name = "branch", Initializer = { weights } };
        _ = where switch
        {
            "sparse initializer" => Added(graph.SparseInitializer, new SparseTensorProto { Values = weights }),
            "constant" => Added(graph.Node[0].Attribute, new AttributeProto { Name = "value", T = weights }),
            "list" => Added(graph.Node[0].Attribute, new AttributeProto { Name = "values", Tensors = { weights } }),
            "branch" => Added(graph.Node[0].Attribute, new AttributeProto { Name = "then_branch", G = branch }),
            "function" => Added(model.Functions, new FunctionProto { Node = { new NodeProto { Attribute = { new AttributeProto { T = weights } } } } }),
            _ => Added(graph.Initializer, weights),
        };
        var path = model.Save(_folder);
        // Also where it lies beside the model.
        File.WriteAllBytes(Path.Combine(_folder, "w.data"), new byte[16]);
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "b"], kind: null));
        Assert.StartsWith($"{path}: its weights lie in another file: those of outside in {(where == "without a location" ? "a file that is not named" : "w.data")};", error.Message, StringComparison.Ordinal);
    }

    [SharedFact]
    public void A_file_of_an_exporter_that_wrote_its_weights_apart_is_refused_with_the_reason()
    {
        var path = SharedFolder.PathOf("cases", "models-refused", "external.onnx");
        Assert.Contains("in external.onnx.data", Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "b"], kind: null)).Message, StringComparison.Ordinal);
    }

    private static bool Added<T>(ICollection<T> list, T item)
    {
        list.Add(item);
        return true;
    }
}
