using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>
/// Trains a model and writes its folder. The written model is run on ONNX Runtime over every row
/// and must give what the fitted one gave, or nothing is kept.
/// </summary>
/// <param name="say">Takes a sentence that stays.</param>
/// <param name="show">Takes how far it is.</param>
public sealed class Trainer(TrainingOptions options, Action<string> say, Action<FormattableString> show)
{
    /// <summary>
    /// Largest difference between the two engines that is let pass, in probability.
    /// </summary>
    public const double Tolerance = 1e-5;

    private static readonly string[] Files = [OnnxModelLoader.ModelFile, ModelCard.FileName, OnnxModelLoader.GoldenFile];

    /// <param name="folder">Written whole or not at all. What lies there is replaced where it is
    /// such a folder, and else refused.</param>
    /// <exception cref="InvalidDataException">The written model does not give what the fitted one
    /// gives.</exception>
    /// <exception cref="InvalidInputFileException">The table is wrong, or the folder holds anything
    /// else.</exception>
    public TrainingSummary Run(string folder, CancellationToken cancel)
    {
        using var output = OutputFolder.Create(folder, Files);
        var dataHash = HashOf(options.DataFile);
        var table = TrainingTable.Read(options.DataFile, options.Columns, options.Label, options.Split.TimeColumn, rows => show($"{rows:N0} rows read"), cancel);
        var split = TimeSplit.Of(table, options.Split);
        var (all, fitted, validation) = (table.Select(split.All), table.Select(split.Fitted), table.Select(split.Validation));
        RequireBothKinds(all);
        SayWhatIsLeftOut(table, all.Count);

        var isMeasured = fitted.HasBothKinds && validation.HasBothKinds;
        var fitter = FitterOf(table.Columns, dataHash, cancel);
        var (model, rows, kept) = (default(IFittedModel), all, default(Validated));
        if (isMeasured)
        {
            say($"fitting to {fitted.Count:N0} rows with {fitted.FraudCount:N0} frauds; validation: {validation.Count:N0} with {validation.FraudCount:N0}");
            model = fitter.Fit(fitted, validation);
            kept = Measure(model, fitted, validation, cancel);
        }

        if (model is null || options.Refits)
        {
            say($"fitting to all {all.Count:N0} rows");
            model = fitter.Refit(all, model);
        }
        else
        {
            rows = fitted;
        }

        var heldOut = kept?.Metrics ?? HeldOutMetrics.Counted(fitted, validation);
        var line = kept?.Line ?? PlattLine.Identity;
        var inputs = new GraphInputs(table.Columns);
        var path = Path.Combine(output.TemporaryPath, OnnxModelLoader.ModelFile);
        File.WriteAllBytes(path, model.ToOnnx(line, rows.Rows, inputs).ToByteArray());
        cancel.ThrowIfCancellationRequested();
        var card = Card(table, rows, split, kept, model, fitter, inputs, heldOut, dataHash);
        double worst;
        using (var onnx = Load(path, table.Columns))
        {
            worst = LargestDifference(model, line, onnx, rows.Rows, table.Columns, cancel);
            if (!(worst <= Tolerance))
            {
                throw new InvalidDataException($"the ONNX model differs from the fitted one by {worst:R} on some row; allowed {Tolerance:R}");
            }

            GoldenRowsWriter.Write(Path.Combine(output.TemporaryPath, OnnxModelLoader.GoldenFile), onnx, rows.Rows, table.Columns, options.Seed, cancel);
        }

        (card with { Training = [.. card.Training, ("largest_difference", worst.ToString("0.0e+0", CultureInfo.InvariantCulture))] }).Save(output.TemporaryPath);
        output.Complete();
        (model as IDisposable)?.Dispose();
        var summary = new TrainingSummary(rows.Count, rows.FraudCount, table.UnlabelledCount, options.TextsLeftOut, model.Description, fitter.Trials, heldOut, worst);
        say($"{model.Description}: {rows.Count:N0} rows, {rows.FraudCount:N0} frauds -> {folder}; largest difference to the written model {worst:0.0e+0}; {heldOut.Text}");
        return summary;
    }

    private Fitter FitterOf(IReadOnlyList<InputColumn> columns, string dataHash, CancellationToken cancel) =>
        options.Kind == ModelKind.Logistic ? new LogisticFitter(options, show, cancel) : new BoostingFitter(options, columns, dataHash, say, show, cancel);

    private void RequireBothKinds(LabelledRows rows)
    {
        if (!rows.HasBothKinds)
        {
            throw new InvalidInputFileException($"{options.DataFile}: {rows.FraudCount} of {rows.Count} rows between --from and --to are labelled fraud; training needs rows of both kinds");
        }
    }

    private void SayWhatIsLeftOut(TrainingTable table, int rowCount)
    {
        if (table.UnlabelledCount > 0)
        {
            say($"{options.DataFile}: {table.UnlabelledCount:N0} of {table.UnlabelledCount + table.Count:N0} rows do not say whether the payment was fraud (column {options.Label}) and are left out");
        }

        if (rowCount < table.Count)
        {
            say($"{options.DataFile}: {table.Count - rowCount:N0} of {table.Count:N0} rows lie outside of --from and --to and are left out");
        }

        if (options.TextsLeftOut.Count > 0)
        {
            say($"left out, because these features are texts, which --categorical takes: {string.Join(", ", options.TextsLeftOut)}");
        }

        if (table.TimesMs is null)
        {
            say("no column says when a payment was, so the last fifth of the file's rows is the validation part; scoring backfill --with event_time writes one");
        }
    }

    /// <summary>What the validation part says of a model that was not fitted to it.</summary>
    private Validated Measure(IFittedModel model, LabelledRows fitted, LabelledRows validation, CancellationToken cancel)
    {
        var logOdds = model.LogOdds(validation.Rows);
        var line = options.Calibration == CalibrationKind.Platt ? PlattLine.Fit(logOdds, validation.Frauds) : PlattLine.Identity;
        double[] probabilities = [.. logOdds.Select(line.Probability)];
        var curve = options.Calibration == CalibrationKind.Isotonic ? IsotonicCurve.Fit(probabilities, validation.Frauds) : [];
        var calibration = new ScoreCalibration(OutputKind.Probability, curve);
        var metrics = HeldOutMetrics.Of(fitted, validation, logOdds, options.Seed, draw => show($"{draw:N0} draws for intervals"), cancel);
        say(metrics.Text);
        return new Validated(metrics, line, curve, [.. probabilities.Select(probability => (float)calibration.Probability(probability))]);
    }

    private static OnnxModel Load(string path, IReadOnlyList<InputColumn> columns) => OnnxModelLoader.LoadFile(
        path, [.. columns.Select(column => column.Name)], OutputKind.Probability, ScoringEngine.OnnxRuntime);

    private double LargestDifference(IFittedModel model, PlattLine line, OnnxModel onnx, RowMatrix rows, IReadOnlyList<InputColumn> columns, CancellationToken cancel)
    {
        var (expected, actual) = (model.LogOdds(rows), OnnxRows.Score(onnx, rows, columns, row => show($"checking the written model: {row:N0} of {rows.Count:N0} rows"), cancel));
        return expected.Zip(actual, (logOdds, right) => double.IsNaN(right) ? double.PositiveInfinity : Math.Abs(line.Probability(logOdds) - right)).Max();
    }

    private ModelCard Card(
        TrainingTable table, LabelledRows rows, TimeSplit split, Validated? kept, IFittedModel model, Fitter fitter, GraphInputs inputs, HeldOutMetrics heldOut, string dataHash)
    {
        var weights = InputWeights.Of(model.Explainer(rows.Rows), rows.Rows);
        return new ModelCard
        {
            Name = options.Name,
            Inputs = [.. table.Columns.Select(column => new ModelInput(column.Name, column.IsText))],
            Output = OutputKind.Probability,
            Tensors = inputs.Tensors,
            Calibration = kept?.Curve ?? [],
            Training =
            [
                ("command", options.Command),
                ("trainer", model.Description),
                .. fitter.OfCard,
                ("seed", options.Seed.ToString(CultureInfo.InvariantCulture)),
                .. split.Card,
                ("kept", options.Refits || kept is null ? "fitted to all rows" : "fitted to the rows before the gap"),
                ("calibration", kept is null ? "none" : kept.CardText(options.Calibration)),
                ("rows", rows.Count.ToString(CultureInfo.InvariantCulture)),
                ("frauds", rows.FraudCount.ToString(CultureInfo.InvariantCulture)),
                ("rows_without_label", table.UnlabelledCount.ToString(CultureInfo.InvariantCulture)),
                ("data", dataHash),
                ("feature_file", options.FeatureFileHash),
                .. options.Parent is { } parent ? [("parent", parent)] : Array.Empty<(string, string)>(),
            ],
            Metrics = heldOut.OfCard(),
            Histograms = [.. table.Columns.Index().Where(column => !column.Item.IsText).Select(column =>
                TrainingHistogram.OfInput(column.Item.Name, Enumerable.Range(0, rows.Count).Select(row => rows.Rows[row][column.Index])) with { Weight = Math.Round(weights[column.Index], 6) })],
            Probabilities = kept is null ? null : TrainingHistogram.OfProbabilities(kept.Probabilities),
        };
    }

    private static string HashOf(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>What the validation part taught.</summary>
    private sealed record Validated(HeldOutMetrics Metrics, PlattLine Line, IReadOnlyList<(double From, double To)> Curve, IReadOnlyList<float> Probabilities)
    {
        public string CardText(CalibrationKind kind) => kind switch
        {
            CalibrationKind.Platt => string.Create(CultureInfo.InvariantCulture, $"platt, log-odds × {Line.Scale:0.0000} + {Line.Shift:0.0000}"),
            CalibrationKind.Isotonic => "isotonic",
            _ => "none",
        };
    }
}
