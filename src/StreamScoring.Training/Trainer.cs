using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using LightGbmModel = Microsoft.ML.Data.BinaryPredictionTransformer<
    Microsoft.ML.Calibrators.CalibratedModelParametersBase<Microsoft.ML.Trainers.LightGbm.LightGbmBinaryModelParameters, Microsoft.ML.Calibrators.PlattCalibrator>>;

namespace StreamScoring.Training;

/// <summary>
/// Trains boosted trees with LightGBM and writes a model folder. The written model is run on ONNX
/// Runtime over every training row and must give what LightGBM gave, or nothing is kept.
/// </summary>
public sealed class Trainer(TrainingOptions options, Action<string> say, Action<long> rowsRead)
{
    /// <summary>
    /// Largest difference between the two engines that is let pass, in probability.
    /// </summary>
    public const double Tolerance = 1e-5;

    private const int GoldenRows = 256, RowsPerCall = 1024;

    /// <summary>The share of rows at the end of the file that metrics are measured on.</summary>
    private const double HeldOutShare = 0.1;

    private static readonly string[] Files = [OnnxModelLoader.ModelFile, ModelCard.FileName, OnnxModelLoader.GoldenFile];

    /// <param name="folder">Written whole or not at all. What lies there is replaced where it is
    /// such a folder, and else refused.</param>
    /// <exception cref="InvalidDataException">The written model does not give what LightGBM
    /// gives.</exception>
    /// <exception cref="InvalidInputFileException">The table is wrong, or the folder holds anything
    /// else.</exception>
    public TrainingSummary Run(string folder, CancellationToken cancel)
    {
        using var output = OutputFolder.Create(folder, Files);
        var table = TrainingTable.Read(options.DataFile, options.Inputs, options.Label, rowsRead, cancel);
        if (table.UnlabelledCount > 0)
        {
            say($"{options.DataFile}: {table.UnlabelledCount:N0} of {table.UnlabelledCount + table.Rows.Count:N0} rows do not say whether the payment was fraud (column {options.Label}) and are left out");
        }

        if (options.TextsLeftOut.Count > 0)
        {
            say($"left out, because trees are trained on numbers and these features are texts: {string.Join(", ", options.TextsLeftOut)}");
        }

        say("training on all but the last tenth, for the metrics");
        var (heldOut, probabilities) = Measure(table, (int)(table.Rows.Count * HeldOutShare));
        cancel.ThrowIfCancellationRequested();
        say("training on all rows");
        var (context, model) = Train(table.Rows, table.Labels);
        cancel.ThrowIfCancellationRequested();

        var path = Path.Combine(output.TemporaryPath, OnnxModelLoader.ModelFile);
        File.WriteAllBytes(path, TreeModel.ToOnnx(model.Model.SubModel.TrainedTreeEnsemble, -model.Model.Calibrator.Slope, options.Inputs.Count, table.Rows).ToByteArray());
        say("checking every row against LightGBM");
        double worst;
        double[] weights;
        using (var onnx = OnnxModelLoader.LoadFile(path, options.Inputs, OutputKind.Probability, ScoringEngine.OnnxRuntime))
        {
            worst = LargestDifference(context, model, onnx, table.Rows);
            if (!(worst <= Tolerance))
            {
                throw new InvalidDataException($"the ONNX model differs from LightGBM by {worst:R} on some row; allowed {Tolerance:R}");
            }

            WriteGolden(Path.Combine(output.TemporaryPath, OnnxModelLoader.GoldenFile), onnx, table);
            weights = InputWeights.Of(onnx, table.Rows);
        }

        Card(table, heldOut, worst, weights, probabilities).Save(output.TemporaryPath);
        output.Complete();
        var summary = new TrainingSummary(table.Rows.Count, table.FraudCount, table.UnlabelledCount, options.TextsLeftOut, heldOut, worst);
        say($"{summary.Rows} rows, {summary.Frauds} frauds -> {folder}; largest difference to LightGBM {worst:0.0e+0}; {heldOut.Text}");
        return summary;
    }

    private (MLContext Context, LightGbmModel Model) Train(
        IReadOnlyList<float[]> rows, IReadOnlyList<bool> labels)
    {
        var context = new MLContext(options.Seed);
        var trainer = context.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            NumberOfIterations = options.Trees,
            NumberOfLeaves = options.Leaves,
            LearningRate = options.LearningRate,
            MinimumExampleCountPerLeaf = 20,
            HandleMissingValue = false,
            UseZeroAsMissingValue = false,
            Seed = options.Seed,
            NumberOfThreads = options.Threads,
            Silent = true,
        });
        return (context, trainer.Fit(View(context, rows, labels)));
    }

    /// <summary>
    /// LightGBM is given zeros for missing values; the written model takes the missing values
    /// themselves, down the same branches.
    /// </summary>
    private static float ZeroIfMissing(float value) => float.IsNaN(value) ? 0 : value;

    private IDataView View(MLContext context, IReadOnlyList<float[]> rows, IReadOnlyList<bool> labels)
    {
        var schema = SchemaDefinition.Create(typeof(Example));
        schema[nameof(Example.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, options.Inputs.Count);
        return context.Data.LoadFromEnumerable(rows.Select((row, i) => new Example { Features = Array.ConvertAll(row, ZeroIfMissing), Label = labels[i] }), schema);
    }

    /// <returns>And the probabilities of the rows that were held out; null where there are
    /// none.</returns>
    private (HeldOutMetrics Metrics, ReferenceHistogram? Probabilities) Measure(TrainingTable table, int heldOut)
    {
        var first = table.Rows.Count - heldOut;
        var (labels, testLabels) = (table.Labels[..first], table.Labels[first..]);
        var counts = new HeldOutMetrics(labels.Count, labels.Count(fraud => fraud), testLabels.Count, testLabels.Count(fraud => fraud), null, null);
        if (!labels.Contains(true) || !labels.Contains(false) || !testLabels.Contains(true) || !testLabels.Contains(false))
        {
            return (counts, null);
        }

        var (context, model) = Train(table.Rows[..first], labels);
        var scored = model.Transform(View(context, table.Rows[first..], testLabels));
        var measured = context.BinaryClassification.Evaluate(scored, nameof(Example.Label));
        return (counts with { AucRoc = measured.AreaUnderRocCurve, AveragePrecision = measured.AreaUnderPrecisionRecallCurve }, TrainingHistogram.OfProbabilities(scored.GetColumn<float>("Probability")));
    }

    private double LargestDifference(MLContext context, LightGbmModel model, OnnxModel onnx, List<float[]> rows)
    {
        var expected = model.Transform(View(context, rows, new bool[rows.Count])).GetColumn<float>("Probability");
        var actual = Score(onnx, rows);
        return expected.Zip(actual, (left, right) => double.IsNaN(right) ? double.PositiveInfinity : Math.Abs(left - right)).Max();
    }

    private double[] Score(OnnxModel onnx, List<float[]> rows)
    {
        var raw = new double[rows.Count];
        var matrix = new FeatureMatrix(options.Inputs.Count, RowsPerCall);
        int[] columns = [.. Enumerable.Range(0, options.Inputs.Count)], all = [.. Enumerable.Range(0, RowsPerCall)];
        using var lane = onnx.OpenLane(columns, RowsPerCall);
        for (var first = 0; first < rows.Count; first += RowsPerCall)
        {
            var count = Math.Min(RowsPerCall, rows.Count - first);
            for (var i = 0; i < columns.Length; i++)
            {
                var column = matrix.Column(i);
                for (var row = 0; row < count; row++)
                {
                    column[row] = rows[first + row][i];
                }
            }

            lane.Score(matrix, all.AsSpan(0, count), raw.AsSpan(first, count));
        }

        return raw;
    }

    /// <summary>
    /// Rows with known outputs. Each column is drawn on its own from the training rows, so that no
    /// real payment's row leaves with the model.
    /// </summary>
    private void WriteGolden(string path, OnnxModel onnx, TrainingTable table)
    {
        var random = new Random(options.Seed);
        var rows = new List<float[]> { new float[options.Inputs.Count], Filled(1), Filled(-1), Filled(float.NaN), Filled(1e6f) };
        for (var i = 0; i < GoldenRows; i++)
        {
            rows.Add([.. Enumerable.Range(0, options.Inputs.Count).Select(column => table.Rows[random.Next(table.Rows.Count)][column])]);
        }

        var raw = Score(onnx, rows);
        using var writer = TableWriter.Create(path, [.. options.Inputs.Select(input => (input, false)), (OnnxModelLoader.GoldenRawColumn, false)]);
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var value in rows[row])
            {
                writer.Number(value);
            }

            writer.Number(raw[row]);
            writer.EndRow();
        }

        writer.Complete();

        float[] Filled(float value) => [.. Enumerable.Repeat(value, options.Inputs.Count)];
    }

    private ModelCard Card(TrainingTable table, HeldOutMetrics heldOut, double worst, double[] weights, ReferenceHistogram? probabilities) => new()
    {
        Name = options.Name,
        Inputs = [.. options.Inputs.Select(input => new ModelInput(input, false))],
        Output = OutputKind.Probability,
        Training =
        [
            ("command", options.Command),
            ("trainer", $"LightGBM, {options.Trees} trees of {options.Leaves} leaves, learning rate {options.LearningRate.ToString(CultureInfo.InvariantCulture)}, seed {options.Seed}"),
            ("rows", table.Rows.Count.ToString(CultureInfo.InvariantCulture)),
            ("frauds", table.FraudCount.ToString(CultureInfo.InvariantCulture)),
            ("rows_without_label", table.UnlabelledCount.ToString(CultureInfo.InvariantCulture)),
            ("data", HashOf(options.DataFile)),
            ("feature_file", options.FeatureFileHash),
            ("largest_difference_to_lightgbm", worst.ToString("0.0e+0", CultureInfo.InvariantCulture)),
        ],
        Metrics = heldOut.OfCard(),
        Histograms = [.. options.Inputs.Select((input, i) => TrainingHistogram.OfInput(input, table.Rows.Select(row => row[i])) with { Weight = Math.Round(weights[i], 6) })],
        Probabilities = probabilities,
    };

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private sealed class Example
    {
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
