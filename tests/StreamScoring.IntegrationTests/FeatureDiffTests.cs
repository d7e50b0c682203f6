using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Exporting;
using StreamScoring.Host.Serving;
using StreamScoring.Training;

namespace StreamScoring.IntegrationTests;

/// <summary>Features that were served, compared with those of tables.</summary>
public sealed class FeatureDiffTests : IDisposable
{
    private const int Payments = 400;

    private readonly string _folder = Directory.CreateTempSubdirectory("featurediff").FullName;

    private string FeaturePath => Path.Combine(_folder, "features.yaml");

    private string Table => Path.Combine(_folder, "payments.csv");

    private string Labels => Path.Combine(_folder, "labels.csv");

    public FeatureDiffTests()
    {
        File.WriteAllText(FeaturePath, """
            version: 1
            features:
              - {name: amount_major, expression: amount}
              - {name: where, expression: merchant_country}
              - {name: card_count, entity: card_id, aggregate: count, window: 1d}
              - {name: card_sum, entity: card_id, aggregate: sum, of: amount, window: 7d}
              - {name: card_risk, entity: card_id, aggregate: risk, window: 7d}
            """);
        var random = new Random(7);
        var (payments, labels) = (new StringBuilder("payment_id,event_time,amount_minor,currency,card_id,merchant_country\n"), new StringBuilder("payment_id,event_time,known_at,fraud,card_id\n"));
        for (var i = 0; i < Payments; i++)
        {
            var at = DateTime.UnixEpoch.AddDays(20_000).AddMinutes(20 * i);
            var card = $"c{random.Next(12)}";
            payments.AppendLine(CultureInfo.InvariantCulture, $"p{i},{at:yyyy-MM-dd'T'HH:mm:ss'Z'},{random.Next(100, 90_000)},EUR,{card},{(i % 3 == 0 ? "DE" : "FR")}");
            labels.AppendLine(CultureInfo.InvariantCulture, $"p{i},{at:yyyy-MM-dd'T'HH:mm:ss'Z'},{at.AddHours(30):yyyy-MM-dd'T'HH:mm:ss'Z'},{(random.Next(10) == 0 ? 1 : 0)},{card}");
        }

        File.WriteAllText(Table, payments.ToString());
        File.WriteAllText(Labels, labels.ToString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Features_that_were_served_in_the_order_of_events_are_those_of_the_tables()
    {
        var served = await ServeAsync(EventOrder.EventTime, Table);
        var diff = await DiffAsync(served, "--expect-none");
        Assert.Equal((0, Payments, Payments, 0), (diff.ExitCode, diff.Number("payments"), diff.Number("alike"), diff.Number("not_in_table")));
        // The same from tables of text.
        Assert.Equal(Payments, (await DiffAsync(await ServeAsync(EventOrder.EventTime, Table, extension: "csv.gz"), "--expect-none")).Number("alike"));
    }

    [Fact]
    public async Task A_payment_that_came_late_is_told_from_a_payment_that_the_tables_lack()
    {
        // Some payments come hours after their time.
        var lines = File.ReadAllLines(Table);
        var late = Enumerable.Range(1, Payments).OrderBy(i => i % 29 == 0 ? i + 40 : i).Select(i => lines[i]).ToList();
        var shuffled = Path.Combine(_folder, "late.csv");
        File.WriteAllLines(shuffled, [lines[0], .. late]);
        var served = await ServeAsync(EventOrder.File, shuffled, withLabels: false);
        var diff = await DiffAsync(served, labels: false);
        var causes = diff.Json.GetProperty("differences");
        Assert.True(causes.GetProperty("late").GetInt32() > 0);
        Assert.Equal(Sum(causes), causes.GetProperty("late").GetInt32());
        Assert.Equal((1, Payments), ((await DiffAsync(served, labels: false, "--expect-none")).ExitCode, diff.Number("payments")));

        // Without the first payments of the table windows hold less than was served, whatever the
        // order.
        var cut = Path.Combine(_folder, "cut.csv");
        File.WriteAllLines(cut, [lines[0], .. lines.Skip(60)]);
        var without = await DiffAsync(await ServeAsync(EventOrder.EventTime, Table, withLabels: false), cut, labels: false);
        causes = without.Json.GetProperty("differences");
        Assert.Equal((59, 0), (without.Number("not_in_table"), causes.GetProperty("late").GetInt32()));
        Assert.True(causes.GetProperty("history").GetInt32() > 0);
    }

    [Fact]
    public async Task Labels_duplicates_estimates_and_other_feature_files_are_named_as_the_reason()
    {
        var expected = new Dictionary<string, string>();
        var served = await ServeAsync(EventOrder.EventTime, Table, change: (i, decision) => i switch
        {
            10 => Expect("labels", decision, "card_risk"),
            20 => Expect("approximate", decision, "card_sum") with { Flags = ["approximate"], Bounds = [KeyValuePair.Create("card_sum", (double?)2)] },
            30 => Expect("evicted", decision, "card_count") with { Flags = ["approximate"], Bounds = [KeyValuePair.Create("card_count", (double?)null)] },
            40 => Expect("duplicate", decision, "card_count") with { Flags = ["duplicate"] },
            50 => Expect("feature_file", decision, "card_sum") with { FeatureFile = "sha256:other" },
            // Beyond its bound an estimate is no explanation.
            60 => Expect("history", decision, "card_sum") with { Flags = ["approximate"], Bounds = [KeyValuePair.Create("card_sum", (double?)0.5)] },
            _ => decision,
        });
        var table = Path.Combine(_folder, "differences.csv");
        var diff = await DiffAsync(served, "--differences", table);
        Assert.Equal(0, diff.ExitCode);
        Assert.Equal(expected.OrderBy(of => of.Key), File.ReadAllLines(table).Skip(1).Select(line => line.Split(',')).ToDictionary(cells => cells[0], cells => cells[4]).OrderBy(of => of.Key));
        var causes = diff.Json.GetProperty("differences");
        Assert.All(expected.Values, cause => Assert.Equal(1, causes.GetProperty(cause).GetInt32()));
        Assert.Equal(6, Sum(causes));

        DecisionRecord Expect(string cause, DecisionRecord decision, string feature)
        {
            expected.Add(decision.PaymentId, cause);
            return decision with { Features = [.. decision.Features.Select(of => of.Key == feature ? KeyValuePair.Create(of.Key, (object?)((double)of.Value! + 1)) : of)] };
        }
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_with_the_reason()
    {
        var served = await ServeAsync(EventOrder.EventTime, Table);
        var other = Path.Combine(_folder, "other.yaml");
        File.WriteAllText(other, "version: 1\nfeatures:\n  - {name: hour, expression: hour(event_time)}\n");
        Assert.Contains("has no column hour", (await ScoringProcess.RunAsync(new Dictionary<string, string>(), "features", "diff", "--served", served, "--features", other, "--payments", Table)).Errors, StringComparison.Ordinal);
        var foreign = Path.Combine(_folder, "foreign.csv");
        File.WriteAllText(foreign, File.ReadAllText(Table).Replace("\np", "\nq", StringComparison.Ordinal));
        var none = await DiffAsync(served, foreign, labels: false);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("none of its 400 payments is in the tables", none.Errors, StringComparison.Ordinal);
        Assert.Contains("without tables", (await DiffAsync(Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName)).Errors, StringComparison.Ordinal);
    }

    private static int Sum(JsonElement causes) => causes.EnumerateObject().Sum(cause => cause.Value.GetInt32());

    /// <summary>Decisions with the features that a fold in some order gives, as they are exported.
    /// </summary>
    private async Task<string> ServeAsync(EventOrder order, string table, bool withLabels = true, Func<int, DecisionRecord, DecisionRecord>? change = null, string extension = "parquet")
    {
        var output = Path.Combine(_folder, $"served{Guid.NewGuid():n}");
        var file = FeatureFiles.Load(FeaturePath);
        using var folders = new ServedFolders(output, extension);
        await using var akka = new AkkaSystem();
        var count = 0;
        await new Backfill(file, PaymentTable.Read([table], withLabels ? [Labels] : [], null, order), akka.Materializer).FoldAsync(batch =>
        {
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                var decision = DecisionOf(batch, rowIndex, file, count);
                folders.Add(change?.Invoke(count, decision) ?? decision);
                count++;
            }
        }, CancellationToken.None);
        folders.Complete();
        return output;
    }

    private static DecisionRecord DecisionOf(PaymentBatch batch, int rowIndex, FeatureFile file, int number) => new()
    {
        Source = new DecisionSource("eu", "payments", 0, number),
        PaymentId = Encoding.UTF8.GetString(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex)),
        EventTimeMs = batch.EventTimeMs[rowIndex],
        LogTimestampMs = 1_000_000 + number,
        ReceivedAtMs = 1_000_000 + number,
        DecidedAtMs = 1_000_000 + number,
        Action = "allow",
        Score = 1,
        Level = "normal",
        Probability = 0.01,
        Raw = null,
        Rung = "full",
        ModelName = "m",
        ModelVersion = "sha256:0",
        Engine = "trees",
        Features = [.. file.Schema.Names.Select((name, i) => KeyValuePair.Create(name, batch.Features.TextOf(i) is { } text
            ? Encoding.UTF8.GetString(text.Value(batch.Features.TextBytes, rowIndex)) : double.IsNaN(batch.Features.Column(i)[rowIndex]) ? null : (object?)batch.Features.Column(i)[rowIndex]))],
        FeatureFile = file.Hash,
        RuleFile = null,
        Config = "sha256:1",
        TimingsMs = default,
    };

    private Task<Outcome> DiffAsync(string served, params string[] more) => DiffAsync(served, Table, labels: true, more);

    private Task<Outcome> DiffAsync(string served, bool labels, params string[] more) => DiffAsync(served, Table, labels, more);

    private async Task<Outcome> DiffAsync(string served, string table, bool labels, params string[] more)
    {
        var run = await ScoringProcess.RunAsync(
            new Dictionary<string, string>(), ["features", "diff", "--served", served, "--features", FeaturePath, "--payments", table, .. labels ? ["--labels", Labels] : Array.Empty<string>(), "--json", .. more]);
        return new Outcome(run.ExitCode, run.Output, run.Errors);
    }

    private sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        public JsonElement Json => JsonDocument.Parse(Output).RootElement;

        public int Number(string name) => Json.GetProperty(name).GetInt32();
    }
}
