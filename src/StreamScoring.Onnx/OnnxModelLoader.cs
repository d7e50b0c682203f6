using Microsoft.ML.OnnxRuntime;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// Loads models from anywhere. One is accepted only if it takes the inputs it is to be given and gives one number a row, the same
/// whatever else is in the call; what it does on a few probe rows is looked at, not believed.
/// </summary>
public static class OnnxModelLoader
{
    /// <summary>Names of a model folder's files.</summary>
    public const string ModelFile = "model.onnx", GoldenFile = "golden.parquet", GoldenRawColumn = "expected_raw";

    private const double GoldenTolerance = 1e-5;
    private const int ProbeRows = 8;

    /// <summary>Loads a model folder, and checks that its golden rows come out as they did.</summary>
    /// <param name="engine">What may evaluate it. ONNX Runtime loads and checks it in any case.</param>
    /// <exception cref="InvalidInputFileException">The model cannot be served; the message says why and what to do.</exception>
    public static OnnxModel LoadFolder(string folder, ScoringEngine engine = ScoringEngine.Auto)
    {
        var card = ModelCard.Load(folder);
        return Load(Path.Combine(folder, ModelFile), card.Name, card.Inputs, card.Output, card.Calibration, engine, folder, card);
    }

    /// <summary>Loads a bare file for a table: inputs are the model's own names, or where it has one tensor, the table's columns in order.</summary>
    /// <param name="columns">The table's columns without <c>payment_id</c>.</param>
    /// <param name="kind">What the output is; null to tell it from the model.</param>
    /// <param name="engine">What may evaluate it. ONNX Runtime loads and checks it in any case.</param>
    /// <exception cref="InvalidInputFileException">The model cannot be served, or it does not say what its output is.</exception>
    public static OnnxModel LoadFile(string path, IReadOnlyList<string> columns, OutputKind? kind, ScoringEngine engine = ScoringEngine.Auto)
    {
        var graph = OnnxGraph.Read(path);
        using var session = Open(path, graph);
        IReadOnlyList<ModelInput> inputs = session.InputMetadata.Count == 1 && session.InputMetadata.First().Value.Dimensions is { Length: >= 2 } dimensions && (dimensions.Length > 2 || dimensions[1] != 1)
            ? [.. columns.Select(column => new ModelInput(column, false))]
            : [.. session.InputNames.Select(name => new ModelInput(name, session.InputMetadata[name].ElementType == typeof(string)))];
        foreach (var input in inputs)
        {
            if (!columns.Contains(input.Name))
            {
                throw ModelRefused.Because(path, $"takes an input {input.Name}, which the data does not have; its columns are {string.Join(", ", columns)}");
            }
        }

        return Load(path, Path.GetFileNameWithoutExtension(path), inputs, kind, [], engine, goldenFolder: null, card: null);
    }

    private static OnnxModel Load(
        string path, string name, IReadOnlyList<ModelInput> inputs, OutputKind? kind, IReadOnlyList<(double, double)> points, ScoringEngine engine, string? goldenFolder,
        ModelCard? card)
    {
        var graph = OnnxGraph.Read(path);
        var session = Open(path, graph);
        try
        {
            var (notices, callNotices) = (new List<string>(), new List<string>());
            var shape = Probe(path, graph, session, inputs, callNotices, out var toldKind);
            var outputKind = kind ?? toldKind ?? throw ModelRefused.Because(
                path, $"does not say what its output {shape.OutputName} is; pass --output-kind probability, logit or score (or name it in {ModelCard.FileName})");
            if (outputKind == OutputKind.Score && points.Count == 0)
            {
                notices.Add("its output is a score without a calibration: it is taken for a probability and clamped to 0..1");
            }

            var calibration = new ScoreCalibration(outputKind, points);
            // It shares the session with the model that is given out, and is not disposed.
            var onnx = new OnnxModel(name, graph.Hash, inputs, calibration, session, shape, trees: null, callNotices);
            var golden = goldenFolder is null ? null : VerifyGolden(goldenFolder, onnx);
            // Read whatever evaluates the model: its trees explain their scores in any case.
            var readable = ReadableTrees.Of(graph, shape, inputs.Count);
            var reason = "";
            var trees = engine == ScoringEngine.Auto ? TreeKernelChoice.Make(readable, onnx, golden, out reason) : null;
            if (trees is null)
            {
                notices.AddRange(callNotices);
            }

            if (reason.Length > 0)
            {
                notices.Add($"ONNX Runtime serves it, not the tree kernel: {reason}");
            }

            return new OnnxModel(name, graph.Hash, inputs, calibration, session, shape, trees, notices)
            {
                Paths = PathsOf(readable, golden, calibration),
                Baseline = Baseline.Of(inputs, card, golden),
            };
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static TreePaths? PathsOf(ReadableTrees readable, ScoringTable? golden, ScoreCalibration calibration)
    {
        if (readable.Ensemble is not { } ensemble || !TreePaths.Covers(ensemble))
        {
            return null;
        }

        ensemble = ensemble.HasHitRates || golden is null ? ensemble : SampleShares.Of(ensemble, readable.Inputs, golden.Features, golden.RowCount);
        return new TreePaths(ensemble, readable.Inputs, RiskWeights.Of(ensemble, readable.OutputColumn, calibration.IsDescending));
    }

    private static InferenceSession Open(string path, OnnxGraph graph)
    {
        using var options = new SessionOptions
        {
            // Lanes are the parallelism: a call stays on its own thread.
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            return new InferenceSession(graph.ToBytes(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw ModelRefused.Because(path, $"ONNX Runtime does not load it: {FirstLine(e.Message)}", e);
        }
    }

    private static OnnxShape Probe(
        string path, OnnxGraph graph, InferenceSession session, IReadOnlyList<ModelInput> inputs, List<string> notices, out OutputKind? kind)
    {
        var (names, isMatrix, rank, isDouble, fixedRows) = InputShape(path, session, inputs);
        var (output, column, isClass) = OutputOf(path, graph, session);
        var outputIsDouble = session.OutputMetadata[output].ElementType == typeof(double);
        // One row is enough to learn the output's form.
        var shape = new OnnxShape(names, isMatrix, rank, isDouble, output, outputIsDouble, 2, 1, 0, OneRowPerCall: true);
        var matrix = ProbeMatrix(inputs);
        var dimensions = RunOnce(path, session, shape, inputs, matrix);
        var columns = dimensions.Length < 2 ? 1 : checked((int)dimensions[^1]);
        if (dimensions.Length > 2 || columns > 2 || dimensions.Length == 0)
        {
            throw ModelRefused.Because(path, columns > 2
                ? $"gives {columns} numbers a row; a fraud model has two classes, or gives one number"
                : $"gives an output of {dimensions.Length} dimensions; expected one number, or two classes, a row");
        }

        shape = shape with { OutputRank = dimensions.Length, OutputColumns = columns, OutputColumn = columns == 2 ? 1 : column };
        var alone = ScoreProbe(session, shape, inputs, matrix);
        if (alone.All(double.IsNaN))
        {
            throw ModelRefused.Because(path, "gives NaN for every probe row; check the exported weights");
        }

        var isRowByRow = fixedRows;
        if (fixedRows)
        {
            notices.Add("it was exported for a batch of exactly 1, so it is given one row a call; export it with a dynamic batch for more speed");
        }
        else if (!Agree(alone, ScoreTogether(path, session, shape with { OneRowPerCall = false }, inputs, matrix, notices)))
        {
            isRowByRow = true;
            notices.Add("a row's output depends on the other rows of its call (dynamic quantisation does that), so it is given one row a call");
        }

        var isShare = alone.All(value => double.IsNaN(value) || value is >= 0 and <= 1);
        kind = graph.KindOf(output) ?? (isClass && columns == 2 && isShare ? OutputKind.Probability : isClass && column >= 0 && isShare && columns == 1 && IsClassColumn(output) ? OutputKind.Probability : null);
        return shape with { OneRowPerCall = isRowByRow };
    }

    private static (IReadOnlyList<string> Names, bool IsMatrix, int Rank, bool IsDouble, bool FixedRows) InputShape(
        string path, InferenceSession session, IReadOnlyList<ModelInput> inputs)
    {
        var metadata = session.InputMetadata;
        foreach (var (name, input) in metadata)
        {
            if (!input.IsTensor || input.Dimensions.Length is 0 or > 2)
            {
                throw ModelRefused.Because(path, $"takes an input {name} of {(input.IsTensor ? $"{input.Dimensions.Length} dimensions" : "a kind that is no tensor")}; expected rows of features, [rows, {inputs.Count}], or one column per feature");
            }

            if (input.ElementType != typeof(float) && input.ElementType != typeof(double) && input.ElementType != typeof(string))
            {
                throw ModelRefused.Because(path, $"takes an input {name} of type {input.ElementType.Name}; expected float, double or string");
            }
        }

        var (firstName, first) = metadata.First();
        var fixedRows = metadata.Values.Any(input => input.Dimensions[0] == 1);
        if (metadata.Values.Any(input => input.Dimensions[0] > 1))
        {
            throw ModelRefused.Because(path, $"was exported for a batch of exactly {first.Dimensions[0]}; export it with a dynamic batch");
        }

        if (metadata.Count == 1 && first.Dimensions.Length == 2 && first.ElementType != typeof(string) && first.Dimensions[1] != 1)
        {
            return first.Dimensions[1] < 0 || first.Dimensions[1] == inputs.Count
                ? ([firstName], true, 2, first.ElementType == typeof(double), fixedRows)
                : throw ModelRefused.Because(path, $"takes {first.Dimensions[1]} features a row, and {inputs.Count} are given: {string.Join(", ", inputs.Select(input => input.Name))}");
        }

        foreach (var name in metadata.Keys)
        {
            if (inputs.All(input => input.Name != name))
            {
                throw ModelRefused.Because(path, $"takes an input {name}, which is not among the inputs given: {string.Join(", ", inputs.Select(input => input.Name))}");
            }
        }

        foreach (var input in inputs)
        {
            if (!metadata.TryGetValue(input.Name, out var taken))
            {
                throw ModelRefused.Because(path, $"takes no input {input.Name}; it takes {string.Join(", ", metadata.Keys)}");
            }

            if ((taken.ElementType == typeof(string)) != input.IsText || (taken.Dimensions.Length == 2 && taken.Dimensions[1] > 1))
            {
                throw ModelRefused.Because(path, $"takes {input.Name} as {taken.ElementType.Name} [{string.Join(", ", taken.Dimensions)}]; expected one {(input.IsText ? "string" : "number")} a row");
            }
        }

        return ([.. inputs.Select(input => input.Name)], false, first.Dimensions.Length, metadata.Values.Any(input => input.ElementType == typeof(double)), fixedRows);
    }

    /// <summary>The output that holds the number: not the predicted class, and of one output per class that of class 1.</summary>
    private static (string Name, int Column, bool IsClass) OutputOf(string path, OnnxGraph graph, InferenceSession session)
    {
        bool IsNumber(string name) => session.OutputMetadata[name].IsTensor && session.OutputMetadata[name].ElementType is { } type && (type == typeof(float) || type == typeof(double));
        var numbers = session.OutputNames.Where(IsNumber).ToList();
        var isClass = graph.HasClassLabel(name => session.OutputMetadata[name].IsTensor && session.OutputMetadata[name].ElementType is { } type && (type == typeof(long) || type == typeof(int) || type == typeof(string)));
        return numbers.Count switch
        {
            0 => throw ModelRefused.Because(path, $"gives no number; its outputs are {string.Join(", ", session.OutputNames)}"),
            1 => (numbers[0], 0, isClass),
            2 when numbers.Count(IsClassColumn) == 1 => (numbers.Single(IsClassColumn), 0, isClass),
            _ => throw ModelRefused.Because(path, $"gives {numbers.Count} outputs of numbers ({string.Join(", ", numbers)}); expected one, or one per class of two"),
        };
    }

    /// <summary>Converters name an output per class by its number: i0 and i1.</summary>
    private static bool IsClassColumn(string name) => name.EndsWith('1');

    /// <summary>Zeros, ones, and random rows of several sizes, always the same.</summary>
    private static FeatureMatrix ProbeMatrix(IReadOnlyList<ModelInput> inputs)
    {
        var random = new Random(20_180_401);
        var matrix = new FeatureMatrix(inputs.Count, ProbeRows);
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].IsText)
            {
                matrix.SetText(i, new TextColumn(ProbeRows), []);
            }

            for (var row = 0; row < ProbeRows; row++)
            {
                matrix.Column(i)[row] = row < 2 ? row : Math.Round(random.NextDouble() * Math.Pow(10, row % 4), 3);
            }
        }

        return matrix;
    }

    private static long[] RunOnce(string path, InferenceSession session, OnnxShape shape, IReadOnlyList<ModelInput> inputs, FeatureMatrix matrix)
    {
        try
        {
            using var runOptions = new RunOptions();
            var values = ProbeValues.Of(shape, inputs, matrix, 0, 1);
            try
            {
                using var results = session.Run(runOptions, shape.InputNames, values, [shape.OutputName]);
                return results[0].GetTensorTypeAndShape().Shape;
            }
            finally
            {
                values.ForEach(value => value.Dispose());
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw ModelRefused.Because(path, $"fails on a row of {inputs.Count} inputs: {FirstLine(e.Message)}", e);
        }
    }

    private static double[] ScoreProbe(InferenceSession session, OnnxShape shape, IReadOnlyList<ModelInput> inputs, FeatureMatrix matrix)
    {
        var columns = Enumerable.Range(0, inputs.Count).ToArray();
        using IScoringLane lane = inputs.Any(input => input.IsText) ? new TextOnnxLane(session, shape, inputs, columns) : new BoundOnnxLane(session, shape, columns);
        var raw = new double[ProbeRows];
        lane.Score(matrix, [.. Enumerable.Range(0, ProbeRows)], raw);
        return raw;
    }

    private static double[] ScoreTogether(
        string path, InferenceSession session, OnnxShape shape, IReadOnlyList<ModelInput> inputs, FeatureMatrix matrix, List<string> notices)
    {
        try
        {
            return ScoreProbe(session, shape, inputs, matrix);
        }
        catch (OnnxRuntimeException e)
        {
            notices.Add($"it fails on {ProbeRows} rows at once ({FirstLine(e.Message)}), so {Path.GetFileName(path)} is given one row a call");
            return [];
        }
    }

    private static bool Agree(double[] alone, double[] together) =>
        alone.Length == together.Length && alone.Zip(together).All(pair =>
            double.IsNaN(pair.First) == double.IsNaN(pair.Second) && !(Math.Abs(pair.First - pair.Second) > 1e-6 * Math.Max(1, Math.Abs(pair.First))));

    private static ScoringTable VerifyGolden(string folder, OnnxModel model)
    {
        var path = Path.Combine(folder, GoldenFile);
        if (!File.Exists(path))
        {
            throw ModelRefused.Because(path, $"is missing; a model folder holds {ModelFile}, {ModelCard.FileName} and {GoldenFile}");
        }

        var table = ScoringTable.Read(path, model.Inputs);
        var raw = new double[table.RowCount];
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], Math.Max(1, table.RowCount));
        lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
        using var reader = TableReader.Open(path);
        var expectedColumn = reader.Require(GoldenRawColumn);
        for (var row = 0; reader.Read(); row++)
        {
            var expected = reader.Number(expectedColumn);
            if (!(Math.Abs(raw[row] - expected) <= GoldenTolerance * Math.Max(1, Math.Abs(expected))))
            {
                throw ModelRefused.Because(path, $"row {row}: the model gives {raw[row]:R} and the golden row says {expected:R}; {ModelFile} is not the model that this folder describes");
            }
        }

        return table;
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
