using System.Globalization;
using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class EvaluateVerbTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("evaluate").FullName;
    private readonly string _model, _table;

    public EvaluateVerbTests()
    {
        // The probability is the logistic of -0.4 a - 0.15 b.
        _model = TypedTensors.Of([("a", TypedTensors.Float, 1, true), ("b", TypedTensors.Float, 1, true)]).Save(_folder);
        _table = Path.Combine(_folder, "rows.csv");
        var random = new Random(4);
        File.WriteAllLines(_table, [
            "payment_id,a,b,fraud,at,card,country,money,debt",
            .. Enumerable.Range(0, 600).Select(i =>
            {
                var (a, b) = ((random.NextDouble() * 20) - 10, (random.NextDouble() * 4) - 2);
                var isFraud = random.NextDouble() < 1 / (1 + Math.Exp((0.4 * a) + 3));
                return string.Create(CultureInfo.InvariantCulture, $"p{i},{a},{b},{(i % 50 == 7 ? "" : isFraud ? "1" : "0")},{1_700_000_000_000L + (i * 1_800_000L)},c{i % 60},{(i % 3 == 0 ? "DE" : "FR")},{1 + (i % 7)},{-i}");
            }),
        ]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_says_how_good_a_model_is_with_intervals_days_segments_a_comparison_and_a_page()
    {
        var report = Path.Combine(_folder, "report");
        var outcome = await ScoringProcess.SucceedAsync(
            NoEnvironment, "evaluate", "--model", _model, "--data", _table, "--label", "fraud", "--time", "at", "--group-by", "card", "--k", "5", "--by", "country", "--draws", "200", "--compare", _model, "--report", report, "--json");
        var result = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal((588, 12, 0), (result.GetProperty("rows").GetInt32(), result.GetProperty("unlabelled").GetInt32(), result.GetProperty("unscored").GetInt32()));
        var precision = result.GetProperty("average_precision").GetDouble();
        Assert.InRange(result.GetProperty("auc").GetDouble(), 0.6, 1);
        var interval = result.GetProperty("intervals").GetProperty("average_precision").EnumerateArray().Select(bound => bound.GetDouble()).ToList();
        Assert.True(interval[0] < precision && precision < interval[1]);
        Assert.Equal(5, result.GetProperty("card_precision_at_k").GetProperty("k").GetInt32());
        Assert.InRange(result.GetProperty("card_precision_at_k").GetProperty("value").GetDouble(), 0.01, 1);
        Assert.Equal(100, result.GetProperty("thresholds").GetArrayLength());
        Assert.Equal(588, result.GetProperty("thresholds")[0].GetProperty("flagged").GetInt32());
        Assert.Equal(["FR", "DE"], result.GetProperty("segments").EnumerateArray().Select(segment => segment.GetProperty("value").GetString()));
        // A model is as good as itself, on every draw.
        var difference = result.GetProperty("compare").GetProperty("differences").GetProperty("average_precision");
        Assert.Equal((0, 0, 0), (difference.GetProperty("difference").GetDouble(), difference.GetProperty("interval")[0].GetDouble(), difference.GetProperty("interval")[1].GetDouble()));
        var page = await File.ReadAllTextAsync(Path.Combine(report, "report.html"));
        Assert.Equal(3, page.Split("<svg").Length - 1);
        Assert.DoesNotContain("http", page.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(precision, JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "report.json"))).RootElement.GetProperty("average_precision").GetDouble());

        var text = (await ScoringProcess.SucceedAsync(NoEnvironment, "evaluate", "--model", _model, "--data", _table, "--label", "fraud", "--draws", "0")).Output;
        Assert.Contains("average precision", text, StringComparison.Ordinal);
        Assert.DoesNotContain("card precision", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Money_is_told_by_threshold_and_drawn()
    {
        var report = Path.Combine(_folder, "money");
        string[] arguments = ["evaluate", "--model", _model, "--data", _table, "--label", "fraud", "--amount", "money", "--draws", "0", "--report", report];
        var result = JsonDocument.Parse((await ScoringProcess.SucceedAsync(NoEnvironment, [.. arguments, "--json"])).Output).RootElement;
        var labelled = Enumerable.Range(0, 600).Where(i => i % 50 != 7).Sum(i => 1.0 + (i % 7));
        var all = result.GetProperty("thresholds")[0];
        Assert.Equal(labelled, all.GetProperty("fraud_amount").GetDouble() + all.GetProperty("genuine_amount").GetDouble());
        Assert.True(result.GetProperty("thresholds")[90].GetProperty("fraud_amount").GetDouble() < all.GetProperty("fraud_amount").GetDouble());
        Assert.Equal(3, (await File.ReadAllTextAsync(Path.Combine(report, "report.html"))).Split("<svg").Length - 1);
        Assert.Contains("fraud money stopped", (await ScoringProcess.SucceedAsync(NoEnvironment, arguments)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_bare_files_output_is_can_be_said_and_the_first_row_without_a_probability_is_named_with_the_cause()
    {
        // The sum itself, which says by no operator what it is.
        var sum = TypedTensors.Of([("a", TypedTensors.Float, 1, true), ("b", TypedTensors.Float, 1, true)]);
        sum.Graph.Node[^1].OpType = "Neg";
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "bare")).FullName;
        var (model, table) = (sum.Save(folder), Path.Combine(folder, "rows.csv"));
        File.WriteAllLines(table, ["payment_id,a,b,fraud", "p0,1,2,0", "p1,,2,", "p2,,2,1", "p3,-4,1,0", "p4,,1,0", "p5,5,1,1"]);
        string[] arguments = ["evaluate", "--model", model, "--data", table, "--label", "fraud", "--draws", "0"];
        var asked = await ScoringProcess.RunAsync(NoEnvironment, arguments);
        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("--output-kind", asked.Errors, StringComparison.Ordinal);
        var result = JsonDocument.Parse((await ScoringProcess.SucceedAsync(NoEnvironment, [.. arguments, "--output-kind", "logit", "--json"])).Output).RootElement;
        Assert.Equal((3, 1, 2, 1.0), (result.GetProperty("rows").GetInt32(), result.GetProperty("unlabelled").GetInt32(), result.GetProperty("unscored").GetInt32(), result.GetProperty("auc").GetDouble()));
        Assert.Equal("p2: it gives NaN", result.GetProperty("first_unscored").GetString());
        Assert.Contains("the first without a score is p2: it gives NaN", (await ScoringProcess.SucceedAsync(NoEnvironment, [.. arguments, "--output-kind", "logit"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_folders_card_says_is_not_said_beside_it()
    {
        var outcome = await ScoringProcess.RunAsync(NoEnvironment, "evaluate", "--model", Path.Combine(SharedFolder.RepositoryRoot, "topology/generated/model"), "--data", _table, "--label", "fraud", "--output-kind", "logit");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("go with a bare .onnx file; the card of", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rows.csv:3: debt is -1; expected what the payment is worth", "--label", "fraud", "--amount", "debt")]
    [InlineData("rows.csv:2: card is c0; expected a number", "--label", "fraud", "--amount", "card")]
    [InlineData("add --time COLUMN", "--label", "fraud", "--group-by", "card")]
    [InlineData("there is no column nothing", "--label", "nothing")]
    [InlineData("card is c0; expected a time between 1990 and 2100", "--label", "fraud", "--time", "card")]
    [InlineData("rows.csv:2: a is", "--label", "a")]
    [InlineData("--k is 0; allowed 1..", "--label", "fraud", "--k", "0")]
    [InlineData("is no file or folder; a model that is called by name needs --registry", "--label", "fraud", "--compare", "challenger")]
    public async Task What_cannot_be_measured_is_refused(string said, params string[] more)
    {
        var outcome = await ScoringProcess.RunAsync(NoEnvironment, ["evaluate", "--model", _model, "--data", _table, .. more]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(said, outcome.Errors, StringComparison.Ordinal);
    }
}
