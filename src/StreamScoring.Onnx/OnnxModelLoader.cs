using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Outputs;
using StreamScoring.Onnx.Probing;
using StreamScoring.Onnx.Sessions;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// Loads models from anywhere. One is accepted only if it takes the inputs it is to be given and
/// gives one number a row, the same whatever else is in the call; what it does on a few rows is
/// looked at, not believed. Its class that is fraud is never guessed.
/// </summary>
public static class OnnxModelLoader
{
    /// <summary>Names of a model folder's files.</summary>
    public const string ModelFile = "model.onnx", GoldenFile = "golden.parquet", GoldenRawColumn = "expected_raw";

    /// <summary>The files that a model folder may hold.</summary>
    public static IEnumerable<string> FilesOf(string folder) => new[] { ModelFile, ModelCard.FileName, GoldenFile }.Select(name => Path.Combine(folder, name));

    /// <summary>Log-odds of so many rows hardly lie all between 0 and 1.</summary>
    private const int LogitRowsMin = 8;

    /// <summary>Of a table so many rows are looked at to find some that differ.</summary>
    private const int TableRowsMax = 1024;

    /// <inheritdoc cref="LoadFolder(string, ModelLoadOptions)"/>
    public static OnnxModel LoadFolder(string folder, ScoringEngine engine = ScoringEngine.Auto) => LoadFolder(folder, new ModelLoadOptions { Engine = engine });

    /// <summary>
    /// Loads a model folder, and checks that its golden rows come out as they did.
    /// </summary>
    /// <exception cref="InvalidInputFileException">The model cannot be served; the message says why
    /// and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static OnnxModel LoadFolder(string folder, ModelLoadOptions options)
    {
        var card = ModelCard.Load(folder);
        var path = Path.Combine(folder, ModelFile);
        return LoadTime.Within(path, options, ended =>
        {
            var graph = OnnxGraph.Read(path);
            var plan = TensorPlan.Of(
                path, InputTensor.Of(path, graph), [.. card.Inputs.Select(input => input.Name)], card.Tensors, "which is not among the inputs given:");
            var form = InputForm.Of(path, graph, plan, card.Inputs);
            using var session = OnnxSession.Open(path, graph, options.Runtime, options.CallMax, ended);
            var told = options with { Kind = card.Output, FraudClass = options.FraudClass ?? card.FraudClass, OutputName = options.OutputName ?? card.OutputName };
            return Load(graph, session, card.Name, card.Inputs, form, card, () => GoldenRows.Read(folder, card.Inputs), told, ended);
        });
    }

    /// <inheritdoc cref="LoadFile(string, IReadOnlyList{string}, ModelLoadOptions)"/>
    public static OnnxModel LoadFile(string path, IReadOnlyList<string> columns, OutputKind? kind, ScoringEngine engine = ScoringEngine.Auto) =>
        LoadFile(path, columns, new ModelLoadOptions { Kind = kind, Engine = engine });

    /// <summary>
    /// Loads a bare file for a table: inputs are the model's own names, or where it has one tensor,
    /// the table's columns in order.
    /// </summary>
    /// <param name="columns">The table's columns without <c>payment_id</c>.</param>
    /// <exception cref="InvalidInputFileException">The model cannot be served, or it does not say
    /// what its output is, or of which class.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static OnnxModel LoadFile(string path, IReadOnlyList<string> columns, ModelLoadOptions options) => LoadTime.Within(path, options, ended =>
    {
        var graph = OnnxGraph.Read(path);
        var notices = new List<string>();
        var tensors = InputTensor.Of(path, graph);
        columns = ColumnsOf(path, graph, tensors, columns, options, notices);
        var inOrder = options.AreColumnsChosen ? TensorPlan.InOrder(tensors, columns) : null;
        var plan = inOrder ?? TensorPlan.Of(path, tensors, columns, said: [], "which the data does not have (--inputs A,B,… says which columns are its inputs, in its order); the columns are");
        IReadOnlyList<ModelInput> inputs =
            [.. plan.Features.Select(feature => new ModelInput(feature, plan.Parts.First(part => part.Features.Contains(feature)).Tensor.IsText))];
        var form = InputForm.Of(path, graph, plan, inputs) with { Tensors = inOrder?.Parts };
        using var session = OnnxSession.Open(path, graph, options.Runtime, options.CallMax, ended);
        return Load(graph, session, Path.GetFileNameWithoutExtension(path), inputs, form, card: null, golden: null, options, ended, notices);
    });

    /// <returns>The columns in the order that the file says, if it says one.</returns>
    private static IReadOnlyList<string> ColumnsOf(string path, OnnxGraph graph, IReadOnlyList<InputTensor> tensors, IReadOnlyList<string> columns, ModelLoadOptions options, List<string> notices)
    {
        if (options.AreColumnsChosen || tensors.All(tensor => tensor.Width == 1) || NamedFeatures.Of(graph.Model) is not var (key, names))
        {
            return columns;
        }

        if (names.Count == 0)
        {
            notices.Add($"its metadata {key} holds no list of names; its inputs are the data's columns in order");
            return columns;
        }

        if (names.FirstOrDefault(name => !columns.Contains(name)) is { } missing)
        {
            // As many names as it takes are its features: another order would give other scores.
            if (tensors.All(tensor => tensor.Width > 0) && tensors.Sum(tensor => tensor.Width) == names.Count)
            {
                throw ModelRefused.Because(path, $"names its features {string.Join(", ", names)} in its metadata {key}, and the data has no {missing}; its columns are {string.Join(", ", columns)}. Rename them, or say which are the model's in its order: --inputs A,B,…");
            }

            notices.Add($"its metadata {key} names {missing}, which the data does not have; its inputs are the data's columns in order");
            return columns;
        }

        notices.Add($"its inputs are in the order of its metadata {key}: {string.Join(", ", names)}");
        return names;
    }

    /// <returns>The inputs that a bare file names itself, by its tensors or its metadata; empty
    /// where it does not.</returns>
    /// <exception cref="InvalidInputFileException">It is no model, or takes no rows.</exception>
    public static IReadOnlyList<string> InputsNamedBy(string path)
    {
        var graph = OnnxGraph.Read(path);
        var tensors = InputTensor.Of(path, graph);
        return tensors.All(tensor => tensor.Width == 1) ? [.. tensors.Select(tensor => tensor.Name)] : NamedFeatures.Of(graph.Model)?.Names ?? [];
    }

    /// <param name="golden">A folder's golden rows; null for a bare file.</param>
    private static OnnxModel Load(
        OnnxGraph graph, OnnxSession session, string name, IReadOnlyList<ModelInput> inputs, InputForm form, ModelCard? card, Func<(string Path, ScoringTable Table)>? golden, ModelLoadOptions options,
        CancellationToken ended, IReadOnlyList<string>? told = null)
    {
        using var ending = ended.Register(session.Stop);
        var path = session.Path;
        var (notices, callNotices) = (new List<string>([.. told ?? [], .. session.Notices]), new List<string>());
        var output = FraudOutput.Pick(path, graph, session.Inner, options.OutputName, options.FraudClass, notices);
        var (goldenPath, goldenTable) = golden?.Invoke() ?? default;
        var given = goldenTable is not null ? ProbeRows.Of(goldenTable, goldenPath)
            : options.Table is { } table ? ProbeRows.Of(ScoringTable.Read(table, inputs, TableRowsMax), table) : null;
        var (shape, isShare, outside, knownCount) = new ModelProbe(path, session, inputs, callNotices).Run(form, output, given);
        // Read whatever evaluates the model: its trees explain their scores in any case.
        var readable = ReadableTrees.Of(graph, shape, inputs.Count);
        var kind = KindOf(path, graph, output, readable, shape, isShare, options.Kind, notices);
        if (kind == OutputKind.Probability && outside is { } value)
        {
            var problem = $"gives {value:R}, and its output is said to be a probability";
            if (given is not null)
            {
                throw ModelRefused.Because(path, $"{problem}; say logit or score: --output-kind, or output.kind in {ModelCard.FileName}");
            }

            notices.Add($"it {problem} (for a row that the loader made up); rows with such outputs are left without a score");
        }

        var points = card?.Calibration ?? [];
        if (options.Kind == OutputKind.Logit && outside is null && knownCount >= LogitRowsMin)
        {
            notices.Add($"its output is said to be a logit, and it lies in 0..1 for all {knownCount} {(given ?? ProbeRows.Invented(inputs)).Origin} that were tried, as probabilities do; if it is one, say so: --output-kind probability, or output: {{kind: probability}} in {ModelCard.FileName}");
        }

        if (kind == OutputKind.Score && points.Count == 0)
        {
            notices.Add("its output is a score without a calibration: it is taken for a probability and clamped to 0..1");
        }

        var calibration = new ScoreCalibration(kind, points);
        var version = card is null ? graph.Hash : ModelVersion.Of(graph.Hash, card);
        using var onnx = new OnnxModel(name, version, inputs, calibration, session.Share(), shape, trees: null, callNotices);
        if (goldenTable is not null)
        {
            GoldenRows.Verify(goldenPath!, goldenTable, onnx);
        }

        var reason = "";
        // The kernel is the processor's.
        var trees = options.Engine == ScoringEngine.Auto && !session.IsOnCard ? TreeKernelChoice.Make(readable, onnx, goldenTable, out reason) : null;
        if (trees is null)
        {
            notices.AddRange(callNotices);
        }

        if (reason.Length > 0)
        {
            notices.Add($"ONNX Runtime serves it, not the tree kernel: {reason}");
        }

        var sizes = trees is null && !inputs.Any(input => input.IsText) ? SizesOf(session, shape, given ?? ProbeRows.Invented(inputs), inputs.Count, options.Runtime.RowsMax) : null;
        ended.ThrowIfCancellationRequested();
        session.Loaded();
        return new OnnxModel(name, version, inputs, calibration, session.Share(), shape, trees, notices)
        {
            Paths = PathsOf(readable, goldenTable, calibration, trees?.Leaves),
            Baseline = Baseline.Of(inputs, card, goldenTable),
            Reference = card is null ? ReferenceProfile.None : new ReferenceProfile(card.Histograms, card.Probabilities),
            Sizes = sizes,
            WeightFiles = graph.WeightFiles,
            Tensors = [.. form.Tensors?.Select(part => (part.Tensor.Name, part.Features)) ?? []],
            Producer = graph.Model.ProducerName,
            Runtime = options.Runtime,
        };
    }

    /// <returns>Null where the model fails on the rows: then nothing was measured.</returns>
    private static CallSizes? SizesOf(OnnxSession session, OnnxShape shape, ProbeRows rows, int inputCount, int? rowsMax)
    {
        try
        {
            int[] columns = [.. Enumerable.Range(0, inputCount)];
            return CallSizes.Measured(shape.Rows, rowsMax, rows.Features, rows.Rows, sizes => new BoundOnnxLane(session, shape, columns, sizes));
        }
        catch (ModelFailedException e) when (e.Kind == ModelFailureKind.Failed)
        {
            return null;
        }
    }

    private static OutputKind KindOf(
        string path, OnnxGraph graph, FraudOutput output, ReadableTrees trees, OnnxShape shape, bool isShare, OutputKind? said, List<string> notices)
    {
        var told = ToldKind.Of(graph.Model.Graph, output.Name, trees);
        if (said is { } kind)
        {
            return kind != OutputKind.Probability || told.Kind != OutputKind.Logit ? kind
                : throw ModelRefused.Because(path, $"gives log-odds, and its output is said to be a probability; say logit. {told.Notice}");
        }

        if (told.Notice is { } notice)
        {
            notices.Add(notice);
        }

        return told.Kind ?? (told.MayBeShares && output.HasClasses && isShare ? OutputKind.Probability : throw ModelRefused.Because(
            path, $"does not say what its output {graph.OutputNameOf(shape.OutputName)} is; pass --output-kind probability, logit or score (or name it in {ModelCard.FileName})"));
    }

    private static TreePaths? PathsOf(ReadableTrees readable, ScoringTable? golden, ScoreCalibration calibration, LeafFinder? finder)
    {
        if (readable.Ensemble is not { } ensemble || !TreePaths.Covers(ensemble))
        {
            return null;
        }

        ensemble = ensemble.HasHitRates || golden is null ? ensemble : SampleShares.Of(ensemble, golden.Features, golden.RowCount);
        return new TreePaths(ensemble, RiskWeights.Of(ensemble, readable.OutputColumn, calibration.IsDescending), finder);
    }
}
