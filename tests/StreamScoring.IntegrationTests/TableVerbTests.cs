using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Tables as data scientists have them: what backfill, score and the verbs that write
/// folders make of them.</summary>
public sealed class TableVerbTests : IDisposable
{
    private static readonly Dictionary<string, string> NoBroker = new() { ["SCORING_BROKERS"] = "127.0.0.1:9", ["SCORING_HTTP_PORT"] = "0" };

    private readonly string _folder = Directory.CreateTempSubdirectory("tables").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SharedFact]
    public async Task An_empty_label_stays_empty()
    {
        var (rows, errors) = await BackfillAsync("empty-label", "lab-f.yaml", "lab.csv", "lab-c.yaml", "--label-column", "y");
        Assert.Equal(["payment_id,risk_7d,y", "a,0,1", "b,0,", "c,0,", "d,0.25,0"], rows);
        Assert.Contains("2 of 4 rows do not say whether the payment was fraud", errors, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task Rows_of_one_payment_id_keep_their_labels_and_are_counted()
    {
        var (rows, errors) = await BackfillAsync("repeated-payment-ids", "f.yaml", "t.csv", "columns.yaml", "--label-column", "Class");
        Assert.Equal(["0", "1", "0", "1", "0"], rows.Skip(1).Select(row => row.Split(',')[^1]));
        Assert.Contains("3 of 5 payment ids stand more than once", errors, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task A_code_with_leading_zeros_or_an_exponent_is_the_text_that_it_is_live()
    {
        var (rows, _) = await BackfillAsync("attribute-types", "f.yaml", "p.csv", null);
        Assert.Equal(
            ["payment_id,is_leading_zero_zip,is_model_1e5,zips_1d,models_1d,n_1d,dist,dist_missing", "p1,1,1,1,1,1,1.5,0", "p2,0,0,2,2,2,,1", "p3,0,0,3,3,3,,1"],
            rows.Take(4));
    }

    [SharedTheory]
    [InlineData("plain")]
    [InlineData("uuid")]
    [InlineData("interval")]
    public async Task A_parquet_column_that_nothing_names_is_not_read(string table)
    {
        var (rows, _) = await BackfillAsync("parquet-columns-not-named", "f.yaml", $"{table}.parquet", "columns.yaml");
        Assert.Equal(["payment_id,n_7d,s_7d", "p1,1,10.25", "p2,1,20.5", "p3,1,30.75", "p4,2,51.25", "p5,2,71.75"], rows);
    }

    [Fact]
    public async Task A_row_that_repeats_a_payment_gets_its_features_and_counts_in_nobodys_window()
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id\na,1000,1,EUR,c\na,1000,1,EUR,c\nb,2000,2,EUR,c\n");
        var features = Write("f.yaml", "version: 1\nfeatures:\n  - {name: n, entity: card_id, aggregate: count, window: 1d}\n  - {name: twice, expression: n * 2}\n  - {name: card, expression: card_id}\n");
        var output = Path.Combine(_folder, "o.csv");
        var outcome = await ScoringProcess.SucceedAsync(NoBroker, "backfill", "--features", features, "--payments", payments, "--output", output);
        Assert.Equal(["payment_id,n,twice,card", "a,1,2,c", "a,1,2,c", "b,2,4,c"], await File.ReadAllLinesAsync(output));
        Assert.Contains($"{payments}:3: 1 of 3 payment ids stand more than once", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_never_make_one_customer_of_two()
    {
        var payments = Path.Combine(_folder, "p.csv");
        byte[] row = [.. "\np,1000,1,EUR,Ren"u8];
        await File.WriteAllBytesAsync(payments, [.. "payment_id,event_time,amount_minor,currency,card_id"u8, .. row, (byte)'e', .. row, 0xE9, (byte)'\n']);
        var outcome = await ScoringProcess.RunAsync(
            NoBroker, "backfill", "--features", "topology/handbook/features.yaml", "--payments", payments, "--output", Path.Combine(_folder, "o.csv"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"{payments}:3: card_id holds bytes that are no UTF-8", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_model_does_not_take_the_label_for_an_input()
    {
        var world = Path.Combine(_folder, "world");
        var (features, columns) = (Path.Combine(_folder, "features.csv"), Write("columns.yaml", "version: 1\ncolumns: {payment_id: a, event_time: b, amount: c, currency: d}\nlabel: fraud\n"));
        await ScoringProcess.SucceedAsync(NoBroker, "generate", "--payments", "300", "--output", world);
        await ScoringProcess.SucceedAsync(
            NoBroker, "backfill", "--features", "topology/generated/features.yaml", "--payments", $"{world}/payments.csv", "--labels", $"{world}/labels.csv",
            "--label-column", "fraud", "--output", features);
        var expected = await ScoreAsync("topology/generated/model", features);
        const string model = "topology/generated/model/model.onnx";
        Assert.Equal(expected, await ScoreAsync(model, features, "--ignore", "fraud"));
        Assert.Equal(expected, await ScoreAsync(model, features, "--columns", columns));
        var names = (await File.ReadAllLinesAsync(features))[0].Split(',')[1..^1];
        Assert.Equal(expected, await ScoreAsync(model, features, "--inputs", string.Join(',', names)));

        foreach (var (options, problem) in new[]
                 {
                     (new[] { "--model", model, "--ignore", "frauds" }, "there is no column frauds; did you mean fraud?"),
                     (["--model", model, "--ignore", "fraud", "--inputs", "fraud"], "fraud is named by --inputs and by --ignore"),
                     (["--model", "topology/generated/model", "--ignore", "fraud"], "--inputs and --ignore go with a bare .onnx file"),
                 })
        {
            var outcome = await ScoringProcess.RunAsync(NoBroker, ["score", "--data", features, "--output", Path.Combine(_folder, "s.csv"), .. options]);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(problem, outcome.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("generate --payments 10")]
    [InlineData("train --features topology/generated/features.yaml --label fraud --data DATA")]
    public async Task A_verb_that_writes_a_folder_refuses_one_that_holds_anything_else(string verb)
    {
        var (data, mine) = (Path.Combine(_folder, "data"), Path.Combine(_folder, "data", "mine.csv"));
        Directory.CreateDirectory(data);
        await File.WriteAllTextAsync(mine, "payment_id,fraud\n");
        var outcome = await ScoringProcess.RunAsync(NoBroker, [.. verb.Replace("DATA", mine, StringComparison.Ordinal).Split(' '), "--output", data]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"{data} holds mine.csv, which is not of this verb", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal([mine], Directory.GetFiles(data));
        Assert.Equal([data], Directory.GetFileSystemEntries(_folder));
    }

    private async Task<(string[] Rows, string Errors)> BackfillAsync(string name, string features, string payments, string? columns, params string[] others)
    {
        var output = Path.Combine(_folder, "o.csv");
        string[] options = columns is null ? others : ["--columns", SharedFolder.PathOf("cases", name, columns), .. others];
        var outcome = await ScoringProcess.SucceedAsync(
            NoBroker,
            ["backfill", "--features", SharedFolder.PathOf("cases", name, features), "--payments", SharedFolder.PathOf("cases", name, payments), "--output", output, .. options]);
        return (await File.ReadAllLinesAsync(output), outcome.Errors);
    }

    private async Task<string> ScoreAsync(string model, string data, params string[] others)
    {
        var output = Path.Combine(_folder, "scores.csv");
        await ScoringProcess.SucceedAsync(NoBroker, ["score", "--model", model, "--data", data, "--output", output, .. others]);
        return await File.ReadAllTextAsync(output);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
