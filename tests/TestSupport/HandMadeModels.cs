using Google.Protobuf;
using StreamScoring.Onnx.Protos;
using static StreamScoring.Onnx.NodeAttributes;

namespace StreamScoring.TestSupport;

/// <summary>
/// Model files whose outputs can be worked out by hand, in the forms that exporters give them.
/// </summary>
internal static class HandMadeModels
{
    private const int FloatElement = 1, Int64Element = 7, TextElement = 8, BooleanElement = 9;

    /// <summary>
    /// Two inputs a and b in one tensor <c>x</c>; the scores -a + 2b - 0.5 and a - 2b + 0.5 of two
    /// classes through softmax, so that the probability of the second class is logistic(2a - 4b +
    /// 1). The outputs are <c>label</c> and <c>probabilities</c>.
    /// </summary>
    /// <param name="labels">Whole numbers, where they all are; else texts.</param>
    public static ModelProto TwoClasses(IReadOnlyList<string> labels, bool areTexts)
    {
        var graph = new GraphProto { Name = "two classes" };
        graph.Node.Add(Node("LinearClassifier", ["x"], ["label", "probabilities"],
            Labels("LinearClassifier", labels, areTexts), Floats("coefficients", [-1, 2, 1, -2]), Floats("intercepts", [-0.5f, 0.5f]), Text("post_transform", "SOFTMAX")));
        graph.Input.Add(Value("x", FloatElement, -1, 2));
        graph.Output.Add([Value("label", areTexts ? TextElement : Int64Element, -1), Value("probabilities", FloatElement, -1, labels.Count)]);
        return Model(graph);
    }

    /// <summary>
    /// As <see cref="TwoClasses"/>, without an operator that knows of classes: they stand in a
    /// list, out of which the number of the largest column picks one.
    /// </summary>
    /// <param name="isByLargest">Else it is picked by comparing a number with another, which does
    /// not say which column is of which class.</param>
    public static ModelProto TwoClassesByList(IReadOnlyList<string> labels, bool isByLargest = true)
    {
        var graph = new GraphProto { Name = "two classes" };
        var names = new TensorProto { Name = "names", DataType = TextElement, Dims = { labels.Count } };
        names.StringData.Add(labels.Select(ByteString.CopyFromUtf8));
        graph.Initializer.Add([
            names, new TensorProto { Name = "weights", DataType = FloatElement, Dims = { 2, 2 }, FloatData = { -1, 1, 2, -2 } },
            new TensorProto { Name = "bias", DataType = FloatElement, Dims = { 2 }, FloatData = { -0.5f, 0.5f } }, new TensorProto { Name = "flat", DataType = Int64Element, Dims = { 1 }, Int64Data = { -1 } },
            new TensorProto { Name = "zero", DataType = FloatElement, FloatData = { 0 } },
        ]);
        graph.Node.Add([Node("MatMul", ["x", "weights"], ["sums"]), Node("Add", ["sums", "bias"], ["scores"]), Node("Softmax", ["scores"], ["probabilities"], Integer("axis", 1))]);
        graph.Node.Add(isByLargest
            ? [Node("ArgMax", ["probabilities"], ["place"], Integer("axis", 1), Integer("keepdims", 0))]
            : (NodeProto[])[Node("ReduceMax", ["scores"], ["largest"], Integers("axes", [1]), Integer("keepdims", 0)), Node("Greater", ["largest", "zero"], ["is"]), Node("Cast", ["is"], ["place"], Integer("to", Int64Element))]);
        graph.Node.Add([Node("ArrayFeatureExtractor", ["names", "place"], ["name"]), Node("Reshape", ["name", "flat"], ["label"])]);
        graph.Input.Add(Value("x", FloatElement, -1, 2));
        graph.Output.Add([Value("label", TextElement, -1), Value("probabilities", FloatElement, -1, labels.Count)]);
        return Model(graph);
    }

    /// <summary>The scores 0, a and b of three classes through softmax.</summary>
    public static ModelProto ThreeClasses(IReadOnlyList<string> labels)
    {
        var model = TwoClasses(labels, areTexts: true);
        var node = model.Graph.Node[0];
        node.Attribute.Clear();
        node.Attribute.Add([
            Labels("LinearClassifier", labels, areTexts: true), Floats("coefficients", [0, 0, 1, 0, 0, 1]), Floats("intercepts", [0, 0, 0]), Text("post_transform", "SOFTMAX"),
        ]);
        return model;
    }

    /// <summary>
    /// As <see cref="TwoClasses"/>, by one tree: the second class has 0.9 where a is above 0.5,
    /// else 0.2.
    /// </summary>
    public static ModelProto TwoClassesByTree(IReadOnlyList<string> labels, bool areTexts)
    {
        var graph = new GraphProto { Name = "two classes" };
        graph.Node.Add(Node("TreeEnsembleClassifier", ["x"], ["label", "probabilities"], [
            Labels("TreeEnsembleClassifier", labels, areTexts), .. OneSplit(),
            Integers("class_treeids", [0, 0, 0, 0]), Integers("class_nodeids", [1, 1, 2, 2]), Integers("class_ids", [0, 1, 0, 1]), Floats("class_weights", [0.8f, 0.2f, 0.1f, 0.9f]),
        ]));
        graph.Input.Add(Value("x", FloatElement, -1, 2));
        graph.Output.Add([Value("label", areTexts ? TextElement : Int64Element, -1), Value("probabilities", FloatElement, -1, labels.Count)]);
        return Model(graph);
    }

    /// <summary>
    /// Puts nodes that change nothing between the probabilities and what comes of them.
    /// </summary>
    public static ModelProto Renamed(this ModelProto model)
    {
        var graph = model.Graph;
        foreach (var output in graph.Output)
        {
            graph.Node[0].Output[graph.Node[0].Output.IndexOf(output.Name)] = $"{output.Name}_0";
            graph.Node.Add(output.Name == "label"
                ? Node("Identity", ["label_0"], ["label"])
                : Node("Cast", [$"{output.Name}_0"], [$"{output.Name}_1"], Integer("to", FloatElement)));
            if (output.Name != "label")
            {
                graph.Node.Add(Node("Identity", [$"{output.Name}_1"], [output.Name]));
            }
        }

        return model;
    }

    /// <summary>The probabilities come as a list of dictionaries by class.</summary>
    public static ModelProto ZipMapped(this ModelProto model, IReadOnlyList<string> labels, bool areTexts)
    {
        model.Graph.Node.Add(Node("ZipMap", ["probabilities"], ["by_class"], Labels("ZipMap", labels, areTexts)));
        model.Graph.Output[1] = new ValueInfoProto { Name = "by_class" };
        return model;
    }

    /// <summary>
    /// Each class has an output of its own, <c>c0</c> and <c>c1</c> in the order of the columns.
    /// </summary>
    public static ModelProto ByColumn(this ModelProto model)
    {
        var graph = model.Graph;
        graph.Output.RemoveAt(1);
        for (var column = 0; column < 2; column++)
        {
            graph.Initializer.Add(new TensorProto { Name = $"index{column}", DataType = Int64Element, Dims = { 1 }, Int64Data = { column } });
            graph.Node.Add(Node("ArrayFeatureExtractor", ["probabilities", $"index{column}"], [$"c{column}"]));
            graph.Output.Add(Value($"c{column}", FloatElement, -1, 1));
        }

        return model;
    }

    /// <summary>Of all probabilities one column comes out.</summary>
    public static ModelProto OnlyColumn(this ModelProto model, int column)
    {
        model.ByColumn();
        model.Graph.Output.RemoveAt(2 - column);
        return model;
    }

    /// <summary>The predicted class gets another name; the classifier keeps its own.</summary>
    public static ModelProto Relabelled(this ModelProto model, IReadOnlyList<(long From, string To)> names)
    {
        var node = Node("LabelEncoder", ["label"], ["name"], Integers("keys_int64s", names.Select(name => name.From)), Texts("values_strings", names.Select(name => name.To)));
        model.Graph.Node.Add(node);
        model.Graph.Output[0] = Value("name", TextElement, -1);
        return model;
    }

    /// <summary>
    /// One target, LOGISTIC or with another transform, which gives 2a - b + 0.5, or by a tree -1.5
    /// where a is at most 0.5, else 2.5.
    /// </summary>
    public static ModelProto LogisticRegressor(string op, string transform = "LOGISTIC")
    {
        var graph = new GraphProto { Name = "regressor" };
        graph.Node.Add(Node(op, ["x"], ["score"], [Text("post_transform", transform), .. op switch
        {
            "LinearRegressor" => [Floats("coefficients", [2, -1]), Floats("intercepts", [0.5f]), Integer("targets", 1)],
            "SVMRegressor" => [Floats("coefficients", [2, -1]), Floats("rho", [0.5f]), Text("kernel_type", "LINEAR"), Floats("kernel_params", [0, 0, 0]), Integer("n_supports", 0)],
            _ => (AttributeProto[])[
                .. OneSplit(), Integers("target_treeids", [0, 0]), Integers("target_nodeids", [1, 2]), Integers("target_ids", [0, 0]), Floats("target_weights", [-1.5f, 2.5f]), Integer("n_targets", 1),
            ],
        }]));
        graph.Input.Add(Value("x", FloatElement, -1, 2));
        graph.Output.Add(Value("score", FloatElement, -1, 1));
        return Model(graph);
    }

    /// <summary>
    /// A number <c>a</c>, and a <c>code</c> of 0..2, whose weight stands in a table: logistic(a +
    /// weight), weights -2, 0 and 2. Other codes are an error.
    /// </summary>
    public static ModelProto Embedding() => Embedding(firstCode: 0, areColumnsFixed: true);

    /// <summary>
    /// As <see cref="Embedding()"/>, with codes of 5000..5002, which nobody would guess.
    /// </summary>
    /// <param name="areColumnsFixed">Whether the file says how many numbers a row it gives.</param>
    public static ModelProto Impossible(bool areColumnsFixed = true) => Embedding(firstCode: 5000, areColumnsFixed);

    private static ModelProto Embedding(float firstCode, bool areColumnsFixed)
    {
        var graph = new GraphProto { Name = "embedding" };
        graph.Initializer.Add(new TensorProto { Name = "first", DataType = FloatElement, Dims = { 1 }, FloatData = { firstCode } });
        graph.Initializer.Add(new TensorProto { Name = "weights", DataType = FloatElement, Dims = { 3, 1 }, FloatData = { -2, 0, 2 } });
        graph.Initializer.Add(new TensorProto { Name = "shape", DataType = Int64Element, Dims = { 2 }, Int64Data = { -1, 1 } });
        graph.Node.Add([
            Node("Sub", ["code", "first"], ["from_0"]), Node("Cast", ["from_0"], ["index"], Integer("to", Int64Element)), Node("Gather", ["weights", "index"], ["weight"]), Node("Shape", ["a"], ["shape_of_a"]),
            Node("Reshape", ["weight", areColumnsFixed ? "shape" : "shape_of_a"], ["flat"]), Node("Add", ["a", "flat"], ["logit"]), Node("Sigmoid", ["logit"], ["score"]),
        ]);
        graph.Input.Add([Value("a", FloatElement, -1, areColumnsFixed ? 1 : -1), Value("code", FloatElement, -1, 1)]);
        graph.Output.Add(Value("score", FloatElement, -1, areColumnsFixed ? 1 : -1));
        return Model(graph);
    }

    /// <summary>
    /// A category of 1..3 as a number, each with a probability: 0.1, 0.5, 0.9. Any other is an
    /// error, or if it may be, gives 0.
    /// </summary>
    public static ModelProto OneHot(bool mayBeUnknown)
    {
        var graph = new GraphProto { Name = "one hot" };
        graph.Initializer.Add(new TensorProto { Name = "weights", DataType = FloatElement, Dims = { 3, 1 }, FloatData = { 0.1f, 0.5f, 0.9f } });
        graph.Initializer.Add(new TensorProto { Name = "shape", DataType = Int64Element, Dims = { 2 }, Int64Data = { -1, 3 } });
        graph.Node.Add([
            Node("OneHotEncoder", ["category"], ["hot"], Integers("cats_int64s", [1, 2, 3]), Integer("zeros", mayBeUnknown ? 1 : 0)),
            Node("Reshape", ["hot", "shape"], ["flat"]), Node("MatMul", ["flat", "weights"], ["score"]),
        ]);
        graph.Input.Add(Value("category", FloatElement, -1, 1));
        graph.Output.Add(Value("score", FloatElement, -1, 1));
        return Model(graph);
    }

    /// <summary>
    /// Two inputs a and b in one tensor <c>x</c>: logistic(a + b), after a loop that changes
    /// nothing and goes round as often as the largest input says, or for ever.
    /// </summary>
    public static ModelProto Looping(bool asInputsSay)
    {
        var graph = new GraphProto { Name = "loop" };
        var body = new GraphProto { Name = "body" };
        body.Input.Add([Value("round", Int64Element), Value("goes_on", BooleanElement), Value("carried", FloatElement, -1, 1)]);
        body.Node.Add([Node("Identity", ["goes_on"], ["still"]), Node("Identity", ["carried"], ["next"])]);
        body.Output.Add([Value("still", BooleanElement), Value("next", FloatElement, -1, 1)]);
        graph.Initializer.Add([
            new TensorProto { Name = "true", DataType = BooleanElement, Int32Data = { 1 } }, new TensorProto { Name = "ever", DataType = Int64Element, Int64Data = { long.MaxValue } },
            new TensorProto { Name = "ones", DataType = FloatElement, Dims = { 2, 1 }, FloatData = { 1, 1 } },
        ]);
        graph.Node.Add([
            Node("MatMul", ["x", "ones"], ["sum"]), Node("ReduceMax", ["x"], ["largest"], Integer("keepdims", 0)), Node("Cast", ["largest"], ["rounds"], Integer("to", Int64Element)),
            Node("Loop", [asInputsSay ? "rounds" : "ever", "true", "sum"], ["looped"], new AttributeProto { Name = "body", Type = AttributeType.Graph, G = body }),
            Node("Sigmoid", ["looped"], ["score"]),
        ]);
        graph.Input.Add(Value("x", FloatElement, -1, 2));
        graph.Output.Add(Value("score", FloatElement, -1, 1));
        return Model(graph);
    }

    /// <returns>The file's path.</returns>
    public static string Save(this ModelProto model, string folder, string name = "model.onnx")
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    /// <summary>a at most 0.5, or above.</summary>
    private static AttributeProto[] OneSplit() =>
    [
        Integers("nodes_treeids", [0, 0, 0]), Integers("nodes_nodeids", [0, 1, 2]), Integers("nodes_featureids", [0, 0, 0]), Texts("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"]),
        Floats("nodes_values", [0.5f, 0, 0]), Integers("nodes_truenodeids", [1, 0, 0]), Integers("nodes_falsenodeids", [2, 0, 0]),
    ];

    private static AttributeProto Labels(string op, IReadOnlyList<string> labels, bool areTexts) => areTexts
        ? Texts("classlabels_strings", labels)
        : Integers(op == "LinearClassifier" ? "classlabels_ints" : "classlabels_int64s", labels.Select(label => long.Parse(label, System.Globalization.CultureInfo.InvariantCulture)));

    private static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    private static AttributeProto Integer(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    private static NodeProto Node(string op, string[] inputs, string[] outputs, params AttributeProto[] attributes)
    {
        string[] ofMl = ["LinearClassifier", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "LinearRegressor", "SVMRegressor", "ZipMap", "LabelEncoder", "OneHotEncoder", "ArrayFeatureExtractor"];
        var node = new NodeProto { OpType = op, Domain = ofMl.Contains(op) ? "ai.onnx.ml" : "", Input = { inputs }, Output = { outputs } };
        node.Attribute.Add(attributes);
        return node;
    }

    private static ModelProto Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });
        return model;
    }

    /// <param name="dimensions">Below 0: any size.</param>
    private static ValueInfoProto Value(string name, int type, params int[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dimensions.Select((size, i) => size < 0 ? new TensorShapeProto.Types.Dimension { DimParam = $"d{i}" } : new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
