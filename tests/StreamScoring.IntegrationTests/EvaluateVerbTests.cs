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
            "payment_id,a,b,fraud,at,card,country",
            .. Enumerable.Range(0, 600).Select(i =>
            {
                var (a, b) = ((random.NextDouble() * 20) - 10, (random.NextDouble() * 4) - 2);
                var isFraud = random.NextDouble() < 1 / (1 + Math.Exp((0.4 * a) + 3));
                return string.Create(CultureInfo.InvariantCulture, $"p{i},{a},{b},{(i % 50 == 7 ? "" : isFraud ? "1" : "0")},{1_700_000_000_000L + (i * 1_800_000L)},c{i % 60},{(i % 3 == 0 ? "DE" : "FR")}");
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

    [Theory]
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
