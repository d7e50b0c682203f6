using System.Globalization;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Training;
using StreamScoring.Training.Boosting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Tests.Training;

/// <summary>
/// Whole trainings over a small world: amount and hour tell frauds, a channel too, and the device's
/// age is missing more often where they are.
/// </summary>
public sealed class TrainingTests : IDisposable
{
    private const int Days = 30, RowsPerDay = 200;

    private static readonly string[] Channels = ["web", "app", "shop", "phone", "mail", "kiosk"];

    private readonly string _folder = Directory.CreateTempSubdirectory("training").FullName;
    private readonly string _data;
    private int _models;

    public TrainingTests()
    {
        _data = Path.Combine(_folder, "data.csv");
        var random = new Random(7);
        File.WriteAllLines(_data, Enumerable.Range(0, Days * RowsPerDay).Select(row =>
        {
            var (amount, hour, channel) = (Math.Exp(3 + (1.5 * random.NextDouble())), random.Next(24), random.Next(Channels.Length));
            var risk = (amount / 40) + (hour < 6 ? 1.5 : 0) + (channel is 1 or 4 ? 1.5 : 0);
            var isFraud = random.NextDouble() < 1 / (1 + Math.Exp(5.5 - risk));
            var age = random.NextDouble() < (isFraud ? 0.6 : 0.1) ? "" : random.Next(1000).ToString(CultureInfo.InvariantCulture);
            var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(row * 86_400.0 / RowsPerDay);
            return string.Create(CultureInfo.InvariantCulture, $"{time:s}Z,{amount:R},{hour},{age},{Channels[channel]},{(isFraud ? 1 : 0)}");
        }).Prepend("event_time,amount,hour,age,channel,fraud"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<TrainingCase> Cases => [.. Enum.GetValues<TrainingCase>()];

    /// <summary>Ways to train that take another path each.</summary>
    public enum TrainingCase
    {
        Trees,
        SampledMembers,
        Weighted,
        Isotonic,
        Categories,
        Monotone,
        Kept,
        Logistic,
        WeightedLogistic,
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_same_data_and_seed_give_the_same_files_to_the_last_bit_with_any_number_of_threads(TrainingCase how)
    {
        var first = Train(Of(how) with { Threads = 1 });
        var again = Train(Of(how) with { Threads = 2 });
        foreach (var file in OnnxModelLoader.FilesOf(first))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(again, Path.GetFileName(file))));
        }
    }

    /// <summary>
    /// The trainer compares the written model on ONNX Runtime with the fitted one, over every row;
    /// the golden rows are what it gave. Here the engine's own way of serving repeats them.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void A_folder_is_served_and_tells_frauds_of_later_days(TrainingCase how)
    {
        using var model = OnnxModelLoader.LoadFolder(Train(Of(how)));
        var table = ScoringTable.Read(_data, model.Inputs);
        var labels = File.ReadLines(_data).Skip(1).Select(line => line.EndsWith(",1", StringComparison.Ordinal)).ToList();
        var raw = new double[table.RowCount];
        using (var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], table.RowCount))
        {
            lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
        }

        double[] probabilities = [.. raw.Select(model.Calibration.Probability)];
        var (frauds, genuine) = (Mean(row => labels[row]), Mean(row => !labels[row]));
        Assert.True(frauds > 2 * genuine, $"frauds have {frauds}, genuine payments {genuine}");
        Assert.Equal(how is TrainingCase.Categories or TrainingCase.Logistic or TrainingCase.WeightedLogistic ? "onnxruntime" : "trees", model.Engine);
        // Calibrated on the last days, probabilities are about what happens on all, weights or not.
        Assert.InRange(probabilities.Average() / labels.Average(fraud => fraud ? 1.0 : 0), 0.8, 1.25);

        double Mean(Func<int, bool> of) => Enumerable.Range(0, labels.Count).Where(of).Average(row => probabilities[row]);
    }

    [Fact]
    public void A_missing_value_is_one_of_its_own_and_no_zero()
    {
        using var model = OnnxModelLoader.LoadFolder(Train(Of(TrainingCase.Trees)));
        // An age of 0 is as good as any other, and a missing one is not.
        var (missing, zero) = (Score(model, 60, 12, double.NaN), Score(model, 60, 12, 0));
        Assert.True(missing > 2 * zero, $"missing gives {missing}, 0 gives {zero}");
        using var logistic = OnnxModelLoader.LoadFolder(Train(Of(TrainingCase.Logistic)));
        Assert.True(Score(logistic, 60, 12, double.NaN) > 2 * Score(logistic, 60, 12, 0));
    }

    [Fact]
    public void Of_an_increasing_input_more_never_means_less_and_of_a_decreasing_one_never_more()
    {
        // Hours are random among frauds of the day, so that trees left alone go up and down.
        using var bound = OnnxModelLoader.LoadFolder(Train(Of(TrainingCase.Monotone)));
        using var free = OnnxModelLoader.LoadFolder(Train(Of(TrainingCase.Trees)));
        Assert.True(IsMonotone(bound));
        Assert.False(IsMonotone(free));

        static bool IsMonotone(OnnxModel model)
        {
            var random = new Random(1);
            return Enumerable.Range(0, 200).All(_ =>
            {
                var (amount, hour, age) = (20 + (60 * random.NextDouble()), random.Next(23), (double)random.Next(1000));
                return Score(model, amount, hour, age) <= Score(model, amount * 1.1, hour, age) && Score(model, amount, hour, age) >= Score(model, amount, hour + 1, age);
            });
        }
    }

    [Fact]
    public void A_text_that_training_never_saw_and_an_empty_one_are_scored()
    {
        using var model = OnnxModelLoader.LoadFolder(Train(Of(TrainingCase.Categories)));
        var (web, app, unknown, none) = (ScoreText("web"), ScoreText("app"), ScoreText("carrier pigeon"), ScoreText(""));
        Assert.True(app > 1.3 * web, $"app gives {app}, web {web}");
        Assert.True(unknown < app);
        Assert.Equal(unknown, none);

        double ScoreText(string channel)
        {
            var path = Path.Combine(_folder, "one.csv");
            File.WriteAllText(path, $"amount,hour,age,channel\n60,12,5,{channel}\n");
            var table = ScoringTable.Read(path, model.Inputs);
            var raw = new double[1];
            using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], 1);
            lane.Score(table.Features, [0], raw);
            return model.Calibration.Probability(raw[0]);
        }
    }

    [Fact]
    public void The_card_says_how_it_came_about_and_the_gap_lies_between_the_parts()
    {
        var card = ModelCard.Load(Train(Of(TrainingCase.Trees) with { Parent = "old@sha256:1" }));
        foreach (var (key, value) in ((string, string)[])[
            ("from", "2026-01-01T00:00:00Z"), ("to", "2026-01-31T00:00:00Z"), ("fitted_to", "2026-01-22T00:00:00Z"), ("gap", "3d"), ("validation_from", "2026-01-25T00:00:00Z"),
            ("rows", "6000"), ("parent", "old@sha256:1"), ("feature_file", "sha256:0"), ("seed", "1")])
        {
            Assert.Contains((key, value), card.Training);
        }

        Assert.Equal(("fitted_rows", "4200"), card.Metrics[0]);
        Assert.Equal(("held_out_rows", "1200"), card.Metrics[2]);
        var interval = card.Metrics.Single(metric => metric.Key == "average_precision_interval").Value.Split("..").Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(double.Parse(card.Metrics.Single(metric => metric.Key == "average_precision").Value, CultureInfo.InvariantCulture), interval[0], interval[1]);
    }

    [Fact]
    public void Times_that_leave_no_row_to_fit_to_and_cells_that_are_no_category_are_told_with_what_to_do()
    {
        var split = Of(TrainingCase.Trees).Split;
        Assert.Contains("no row is left to fit to", ErrorOf(Of(TrainingCase.Trees) with { Split = split with { GapMs = 40 * RowTime.DayMs } }), StringComparison.Ordinal);
        Assert.Contains("the validation part has no row", ErrorOf(Of(TrainingCase.Trees) with { Split = split with { ToMs = 1_800_000_000_000 } }), StringComparison.Ordinal);
        var amounts = ErrorOf(Of(TrainingCase.Trees) with { Columns = [new InputColumn("amount") { IsCategory = true }] });
        Assert.Contains("data.csv:2: amount is ", amounts, StringComparison.Ordinal);
        Assert.Contains("--categorical", amounts, StringComparison.Ordinal);

        string ErrorOf(TrainingOptions options) => Assert.Throws<InvalidInputFileException>(() => Train(options)).Message;
    }

    [Fact]
    public void A_search_that_goes_on_after_it_was_cut_short_gives_what_one_that_ran_through_gives()
    {
        var (whole, cut) = (Path.Combine(_folder, "whole.search"), Path.Combine(_folder, "cut.search"));
        var throughout = Train(Searched(whole, 6));
        var lines = File.ReadAllLines(whole);
        Assert.Equal(7, lines.Length);
        // Trials end in any order; what is left has a hole, and a line that ends in the middle.
        File.WriteAllText(cut, string.Join('\n', lines[0], lines[3], lines[1]) + "\n" + lines[2][..20]);
        var resumed = Train(Searched(cut, 6) with { Threads = 1 });
        foreach (var file in OnnxModelLoader.FilesOf(throughout))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(resumed, Path.GetFileName(file))));
        }

        Assert.Equal(lines.Order(), File.ReadAllLines(cut).Order());
        Assert.Contains(("search", "the best of 6 trials"), ModelCard.Load(resumed).Training);

        // The log of another search is not taken for this one's.
        var error = Assert.Throws<InvalidInputFileException>(() => Train(Searched(cut, 6) with { Seed = 2 }));
        Assert.Contains("cut.search:1: the log is of a search whose settings is", error.Message, StringComparison.Ordinal);
        File.AppendAllText(cut, "nonsense\n");
        Assert.Contains("cut.search:8: this is no line", Assert.Throws<InvalidInputFileException>(() => Train(Searched(cut, 6))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_that_is_given_up_leaves_nothing_but_the_search_s_log()
    {
        using var cancel = new CancellationTokenSource();
        var (log, output) = (Path.Combine(_folder, "log.search"), Path.Combine(_folder, "given-up"));
        var shown = 0;
        var trainer = new Trainer(Searched(log, 1000), _ => { }, _ =>
        {
            if (++shown == 3)
            {
                cancel.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Run(output, cancel.Token));
        Assert.Equal(["data.csv", "log.search"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order());
    }

    private static double Score(OnnxModel model, params double[] row)
    {
        var matrix = new FeatureMatrix(row.Length, 1);
        for (var i = 0; i < row.Length; i++)
        {
            matrix.Column(i)[0] = row[i];
        }

        var raw = new double[1];
        using var lane = model.OpenLane([.. Enumerable.Range(0, row.Length)], 1);
        lane.Score(matrix, [0], raw);
        return model.Calibration.Probability(raw[0]);
    }

    private string Train(TrainingOptions options)
    {
        var folder = Path.Combine(_folder, $"model{_models++}");
        new Trainer(options, _ => { }, _ => { }).Run(folder, CancellationToken.None);
        return folder;
    }

    private TrainingOptions Searched(string log, int trials) => Of(TrainingCase.Trees) with { Search = new SearchOptions(trials, null, log), Threads = 2, Trees = 30 };

    private TrainingOptions Of(TrainingCase how)
    {
        var options = new TrainingOptions
        {
            Name = "m",
            Command = "train",
            FeatureFileHash = "sha256:0",
            DataFile = _data,
            Label = "fraud",
            Columns = [new InputColumn("amount"), new InputColumn("hour"), new InputColumn("age")],
            Split = new SplitOptions("event_time", null, null, null, null, 3 * RowTime.DayMs),
            Boosting = new BoostingParameters(Leaves: 8, LearningRate: 0.1, RowsPerLeaf: 20, InputShare: 1, RowShare: 1, L2: 1),
            Trees = 60,
            Patience = 20,
        };
        return how switch
        {
            TrainingCase.SampledMembers => options with { Members = 3, Boosting = options.Boosting with { InputShare = 0.5, RowShare = 0.7 } },
            TrainingCase.Weighted => options with { FraudWeight = null },
            TrainingCase.Isotonic => options with { Calibration = CalibrationKind.Isotonic },
            TrainingCase.Categories => options with
            {
                Columns = [new InputColumn("amount"), new InputColumn("channel") { IsText = true, IsCategory = true }, new InputColumn("hour") { IsCategory = true }, new InputColumn("age")],
            },
            TrainingCase.Monotone => options with { Columns = [new InputColumn("amount") { Direction = 1 }, new InputColumn("hour") { Direction = -1 }, new InputColumn("age")] },
            TrainingCase.Kept => options with { Refits = false },
            TrainingCase.Logistic => options with { Kind = ModelKind.Logistic },
            TrainingCase.WeightedLogistic => options with { Kind = ModelKind.Logistic, FraudWeight = null },
            _ => options,
        };
    }
}
