using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

public sealed class InputTensorTests : IDisposable
{
    private static readonly int[] NumberTypes =
    [
        TypedTensors.Float, TypedTensors.Double, TypedTensors.Float16, TypedTensors.Int8, TypedTensors.UInt8, TypedTensors.Int16, TypedTensors.UInt16, TypedTensors.Int32, TypedTensors.UInt32,
        TypedTensors.Int64, TypedTensors.UInt64, TypedTensors.Bool,
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("tensors").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_of_any_tensors_of_any_types_gives_what_its_columns_add_up_to()
    {
        var random = new Random(17);
        for (var round = 0; round < 60; round++)
        {
            var hasText = round % 3 == 0;
            var types = Enumerable.Range(0, random.Next(1, 5)).Select(i => hasText && i == 0 ? TypedTensors.Text : NumberTypes[random.Next(NumberTypes.Length)]).ToList();
            var tensors = types.Select((type, i) => (Name: $"t{i}", type, Columns: random.Next(1, 4), IsFlat: false)).Select(tensor => tensor with { IsFlat = tensor.Columns == 1 && random.Next(2) == 0 }).ToList();
            int? rows = (round % 5) switch { 0 => 1, 1 => 7, _ => null };
            var model = TypedTensors.Of(tensors.Select(tensor => (tensor.Name, tensor.type, tensor.Columns, tensor.IsFlat)).ToList(), rows, round % 4 == 0 ? TypedTensors.Float16 : TypedTensors.Float);
            var columns = tensors.SelectMany(tensor => Enumerable.Range(0, tensor.Columns).Select(i => (Name: tensor.Columns == 1 ? tensor.Name : $"{tensor.Name}_{i}", tensor.type))).ToList();
            // In another order than the model takes them, so that the card must say whose they are.
            var inputs = columns.OrderBy(_ => random.Next()).ToList();
            var card = new ModelCard
            {
                Name = "typed",
                Output = OutputKind.Probability,
                Inputs = [.. inputs.Select(input => new ModelInput(input.Name, input.type == TypedTensors.Text))],
                Tensors = [.. tensors.Select(tensor => (tensor.Name, (IReadOnlyList<string>)[.. Enumerable.Range(0, tensor.Columns).Select(i => tensor.Columns == 1 ? tensor.Name : $"{tensor.Name}_{i}")]))],
            };
            var folder = Directory.CreateDirectory(Path.Combine(_folder, $"{round}")).FullName;
            model.Save(folder);
            card.Save(folder);
            var values = Enumerable.Range(0, 23).Select(_ => inputs.ToDictionary(input => input.Name, input => ValueOf(input.type, random))).ToList();
            var expected = values.Select(row => 1 / (1 + Math.Exp(-columns.Select((column, i) => TypedTensors.WeightOf(i) * NumberOf(row[column.Name], column.type)).Sum()))).ToArray();
            var tolerance = round % 4 == 0 ? 1e-3 : 1e-5;
            WriteGolden(folder, card.Inputs, values, expected, tolerance);

            using var loaded = OnnxModelLoader.LoadFolder(folder);
            var table = ScoringTable.Read(Path.Combine(folder, "golden.parquet"), loaded.Inputs);
            var raw = new double[table.RowCount];
            using var lane = loaded.OpenLane([.. Enumerable.Range(0, loaded.Inputs.Count)], table.RowCount);
            lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
            for (var row = 0; row < raw.Length; row++)
            {
                Assert.Equal(expected[row], raw[row], tolerance);
            }
        }
    }

    [Fact]
    public void A_missing_number_where_a_whole_one_is_wanted_leaves_its_row_alone_without_a_score()
    {
        var path = TypedTensors.Of([("code", TypedTensors.Int32, 1, false), ("x", TypedTensors.Float, 1, false)]).Save(_folder);
        using var model = OnnxModelLoader.LoadFile(path, ["code", "x"], OutputKind.Probability);
        var raw = model.Raw([1, 1], [double.NaN, 1], [3e9, 1], [-2, 0], [2147483647.5, 0], [-0.5, 0]);
        Assert.Equal([false, true, true, false, true, false], raw.Select(double.IsNaN));
        Assert.Equal(1 / (1 + Math.Exp(-(2 * 0.4))), raw[3], 1e-6);
        // Cut to a whole number, as a cast does.
        Assert.Equal(0.5, raw[5], 1e-6);
    }

    [Fact]
    public void A_bare_file_takes_columns_by_name_and_what_is_left_in_order()
    {
        var path = TypedTensors.Of([("numbers", TypedTensors.Float, 2, false), ("hour", TypedTensors.Int64, 1, true)]).Save(_folder);
        using var model = OnnxModelLoader.LoadFile(path, ["a", "hour", "b"], OutputKind.Probability);
        Assert.Equal(["a", "b", "hour"], model.Inputs.Select(input => input.Name));
        var raw = model.Raw([1, 2, 3]);
        Assert.Equal(1 / (1 + Math.Exp(0.4 + (2 * 0.15) - (3 * 0.1))), raw[0], 1e-6);
    }

    [Theory]
    [InlineData("feature_names", "[\"b\", \"a\"]", 0.15)]
    [InlineData("features", "b, a", 0.15)]
    [InlineData("feature_names", "['b', 'a']", 0.15)]
    [InlineData("features", "a model of b and z", 0.4)]
    [InlineData("columns", "b,a,z", 0.4)]
    [InlineData("feature_names", "[1]", 0.4)]
    [InlineData("feature_names", "b,b", 0.4)]
    [InlineData("author", "b,a", 0.4)]
    public void A_bare_file_s_metadata_says_the_order_of_its_features(string key, string value, double weightOfA)
    {
        var proto = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]);
        proto.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        var path = proto.Save(_folder);
        using var model = OnnxModelLoader.LoadFile(path, ["a", "b"], OutputKind.Probability);
        var a = model.Inputs.Select(input => input.Name).ToList().IndexOf("a");
        Assert.Equal(1 / (1 + Math.Exp(weightOfA)), model.Raw(a == 0 ? [1, 0] : [0, 1])[0], 1e-6);
        Assert.Equal(key != "author", model.Notices.Any(notice => notice.Contains($"metadata {key}", StringComparison.Ordinal)));
        using var chosen = OnnxModelLoader.LoadFile(path, ["a", "b"], new ModelLoadOptions { Kind = OutputKind.Probability, AreColumnsChosen = true });
        Assert.Equal(["a", "b"], chosen.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void Features_that_the_file_names_and_the_data_does_not_have_are_asked_for()
    {
        var proto = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]);
        proto.MetadataProps.Add(new StringStringEntryProto { Key = "feature_names", Value = "b,z" });
        var path = proto.Save(_folder);
        var refusal = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "b"], OutputKind.Probability)).Message;
        Assert.Contains("names its features b, z in its metadata feature_names, and the data has no z", refusal, StringComparison.Ordinal);
        Assert.Contains("--inputs", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_is_random_is_refused()
    {
        var proto = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]);
        proto.Graph.Node.Add(new NodeProto { OpType = "RandomUniformLike", Input = { "p" }, Output = { "noise" } });
        proto.Graph.Node.Add(new NodeProto { OpType = "Mul", Input = { "p", "noise" }, Output = { "noisy" } });
        proto.Graph.Output[0].Name = "noisy";
        var path = proto.Save(_folder);
        Assert.Contains("gives two answers for", Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "b"], OutputKind.Score)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_does_not_say_its_shape_takes_all_columns()
    {
        var proto = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]);
        proto.Graph.Input[0].Type.TensorType.Shape = null;
        using var model = OnnxModelLoader.LoadFile(proto.Save(_folder), ["a", "b"], OutputKind.Probability);
        Assert.Equal(1 / (1 + Math.Exp(0.4)), model.Raw([1, 0])[0], 1e-6);
    }

    [Theory]
    [InlineData("a", "takes 2 features a row as numbers, and 1 are given: a")]
    [InlineData("a,b,c", "takes 2 features a row as numbers, and 3 are given: a, b, c")]
    public void Another_number_of_columns_than_the_tensors_have_is_told(string columns, string reason)
    {
        var path = TypedTensors.Of([("numbers", TypedTensors.Float, 2, false), ("hour", TypedTensors.Int64, 1, true)]).Save(_folder);
        Assert.Contains(reason, Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, [.. columns.Split(','), "hour"], OutputKind.Probability)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other: [a]", "takes no tensor other")]
    [InlineData("numbers: [a, b, hour]", "takes 2 features a row as numbers, and 3 are given")]
    [InlineData("numbers: [a, z]", "names z, which is none of the inputs: a, b, hour")]
    [InlineData("numbers: [a, a]", "takes no input b")]
    public void A_card_that_names_other_tensors_than_the_model_has_is_refused(string tensors, string reason)
    {
        TypedTensors.Of([("numbers", TypedTensors.Float, 2, false), ("hour", TypedTensors.Int64, 1, true)]).Save(_folder);
        File.WriteAllText(Path.Combine(_folder, ModelCard.FileName),
            $"version: 1\nname: x\noutput: {{kind: probability}}\ninputs: [{{name: a}}, {{name: b}}, {{name: hour}}]\ntensors: {{{tensors}}}\n");
        Assert.Contains(reason, Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFolder(_folder)).Message, StringComparison.Ordinal);
    }

    [SharedTheory]
    [InlineData("catboost-text")]
    [InlineData("external")]
    [InlineData("fails-on-one-row")]
    [InlineData("fixed-batch-10")]
    [InlineData("float16")]
    [InlineData("int64-columns")]
    [InlineData("int64-matrix")]
    [InlineData("mlnet")]
    [InlineData("mlnet-three")]
    public void A_file_that_no_setting_made_loadable_gives_what_numpy_does(string name)
    {
        var data = SharedFolder.PathOf("cases", "models-refused", $"{name}.csv");
        IReadOnlyList<string> columns;
        using (var reader = TableReader.Open(data))
        {
            columns = [.. reader.Columns.Where(column => column != "payment_id")];
        }

        using var model = OnnxModelLoader.LoadFile(SharedFolder.PathOf("cases", "models-refused", $"{name}.onnx"), columns, new ModelLoadOptions { Table = data });
        var table = ScoringTable.Read(data, model.Inputs);
        using var expected = TableReader.Open(SharedFolder.PathOf("cases", "models-refused", $"{name}.expected.csv"));
        var column = expected.Require("probability");
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], table.RowCount);
        var (together, alone) = (new double[table.RowCount], new double[1]);
        lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], together);
        for (var row = 0; row < table.RowCount; row++)
        {
            Assert.True(expected.Read());
            lane.Score(table.Features, [row], alone);
            Assert.Equal(expected.Number(column), together[row], 1e-5);
            Assert.Equal(expected.Number(column), alone[0], 1e-5);
        }
    }

    private static object ValueOf(int type, Random random) => type switch
    {
        TypedTensors.Text => random.Next(2) == 0 ? "web" : "pos",
        TypedTensors.Bool => (double)random.Next(2),
        TypedTensors.Float or TypedTensors.Double => Math.Round((random.NextDouble() * 4) - 2, 3),
        TypedTensors.Float16 => random.Next(-8, 8) / 4.0,
        TypedTensors.UInt8 or TypedTensors.UInt16 or TypedTensors.UInt32 or TypedTensors.UInt64 => (double)random.Next(4),
        _ => (double)random.Next(-3, 4),
    };

    private static double NumberOf(object value, int type) => type == TypedTensors.Text ? (string)value == "web" ? 1 : 0 : (double)value;

    private static void WriteGolden(string folder, IReadOnlyList<ModelInput> inputs, List<Dictionary<string, object>> values, double[] expected, double tolerance)
    {
        using var writer = TableWriter.Create(Path.Combine(folder, "golden.parquet"), [.. inputs.Select(input => (input.Name, input.IsText)), ("expected_raw", false)]);
        for (var row = 0; row < values.Count; row++)
        {
            foreach (var input in inputs)
            {
                if (input.IsText)
                {
                    writer.Text(Encoding.UTF8.GetBytes((string)values[row][input.Name]));
                }
                else
                {
                    writer.Number((double)values[row][input.Name]);
                }
            }

            // A model of 16 bits gives what is nearest among those.
            writer.Number(tolerance > 1e-5 ? (double)(Half)expected[row] : expected[row]);
            writer.EndRow();
        }

        writer.Complete();
    }
}
