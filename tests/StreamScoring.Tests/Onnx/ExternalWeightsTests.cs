using System.Security.Cryptography;
using Google.Protobuf;
using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

public sealed class ExternalWeightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("external").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("w.data", 0, null)]
    [InlineData("w.data", 12, 16)]
    [InlineData("weights/w.data", 4, 16)]
    public void Weights_in_a_file_beside_the_model_are_read_and_are_part_of_its_version(string file, int offset, int? length)
    {
        var inside = Score(HandMadeModels.TwoClassesByList(["good", "fraud"]), out var ofOneFile);
        var model = HandMadeModels.TwoClassesByList(["good", "fraud"]);
        Write(file, [.. new byte[offset], .. Outside(model, file, offset, length), .. new byte[length is null ? 0 : 3]]);
        Assert.Equal(inside, Score(model, out var ofTwo));
        Assert.NotEqual(ofOneFile, ofTwo);
        var bytes = File.ReadAllBytes(Path.Combine(_folder, file));
        bytes[offset + 3] ^= 0x80;
        File.WriteAllBytes(Path.Combine(_folder, file), bytes);
        Assert.NotEqual(inside, Score(model, out var ofOthers));
        Assert.NotEqual(ofTwo, ofOthers);
    }

    [Theory]
    [InlineData("initializer")]
    [InlineData("sparse initializer")]
    [InlineData("constant")]
    [InlineData("list")]
    [InlineData("branch")]
    [InlineData("function")]
    [InlineData("without a location")]
    public void A_file_of_weights_that_is_missing_is_named_wherever_its_tensor_stands(string where)
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
        var refusal = Refusal(model);
        Assert.StartsWith($"the weights of outside lie in {(where == "without a location" ? "a file that is not named" : "w.data, which is missing")}", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../w.data")]
    [InlineData("weights/../../w.data")]
    [InlineData("/etc/hostname")]
    [InlineData("link.data")]
    public void A_file_of_weights_outside_of_the_model_s_folder_is_not_read(string file)
    {
        var outside = Path.Combine(Path.GetDirectoryName(_folder)!, $"{Path.GetFileName(_folder)}-w.data");
        var model = HandMadeModels.TwoClassesByList(["good", "fraud"]);
        File.WriteAllBytes(outside, Outside(model, file, 0, null));
        File.CreateSymbolicLink(Path.Combine(_folder, "link.data"), outside);
        try
        {
            Assert.Contains("outside of the model's folder", Refusal(model), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(outside);
        }
    }

    [Theory]
    [InlineData("0", "17", "17 bytes of it, and the file has 16")]
    [InlineData("-1", "16", "at -1")]
    [InlineData("9223372036854775807", "16", "cut short")]
    [InlineData("x", "16", "its offset is no number")]
    [InlineData("0", "-2", "cut short")]
    public void A_place_that_the_file_does_not_have_is_refused(string offset, string length, string reason)
    {
        var model = HandMadeModels.TwoClassesByList(["good", "fraud"]);
        Write("w.data", Outside(model, "w.data", 0, null));
        var data = model.Graph.Initializer.First(tensor => tensor.Name == "weights").ExternalData;
        data.Add([new StringStringEntryProto { Key = "length", Value = length }]);
        data.Add(new StringStringEntryProto { Key = "offset", Value = offset });
        Assert.Contains(reason, Refusal(model), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_in_one_file_has_that_file_s_hash_as_its_version()
    {
        Score(HandMadeModels.TwoClassesByList(["good", "fraud"]), out var version);
        Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder, "model.onnx"))))}", version);
    }

    /// <summary>Takes the weights out of the model.</summary>
    /// <returns>Their bytes.</returns>
    private static byte[] Outside(ModelProto model, string file, int offset, int? length)
    {
        var weights = model.Graph.Initializer.First(tensor => tensor.Name == "weights");
        byte[] bytes = [.. weights.FloatData.SelectMany(BitConverter.GetBytes)];
        weights.FloatData.Clear();
        weights.RawData = ByteString.Empty;
        weights.DataLocation = DataLocation.External;
        weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        if (offset > 0)
        {
            weights.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{offset}" });
        }

        if (length is not null)
        {
            weights.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{length}" });
        }

        return bytes;
    }

    private static bool Added<T>(ICollection<T> list, T item)
    {
        list.Add(item);
        return true;
    }

    private void Write(string file, byte[] bytes)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    private double Score(ModelProto model, out string version)
    {
        using var loaded = OnnxModelLoader.LoadFile(model.Save(_folder), ["a", "b"], OutputKind.Probability);
        version = loaded.Version;
        return loaded.Raw([1, 0.5])[0];
    }

    /// <returns>Why it is refused, without the file.</returns>
    private string Refusal(ModelProto model)
    {
        var path = model.Save(_folder);
        var message = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "b"], kind: null)).Message;
        Assert.StartsWith($"{path}: ", message, StringComparison.Ordinal);
        return message[(path.Length + 2)..];
    }
}
