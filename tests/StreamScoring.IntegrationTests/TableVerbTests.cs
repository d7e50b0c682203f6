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

    [Fact]
    public async Task A_backfill_that_was_killed_goes_on_where_it_ended_and_its_files_are_those_of_one_that_was_not()
    {
        const int payments = 60_000, rowsOfFile = 2000;
        var world = Path.Combine(_folder, "world");
        await ScoringProcess.SucceedAsync(NoBroker, "generate", "--payments", $"{payments}", "--output", world);
        var (whole, killed) = (Path.Combine(_folder, "whole"), Path.Combine(_folder, "killed"));
        string[] Verb(string output) =>
        [
            "backfill", "--features", "topology/generated/features.yaml", "--payments", $"{world}/payments.csv", "--labels", $"{world}/labels.csv", "--label-column", "fraud", "--with", "event_time",
            "--rows-per-file", $"{rowsOfFile}", "--output", output,
        ];
        await ScoringProcess.SucceedAsync(NoBroker, Verb(whole));
        using (var process = ScoringProcess.Start(NoBroker, Verb(killed)))
        {
            using var folder = new FileSystemWatcher(Directory.CreateDirectory(killed).FullName, "part-00003.parquet");
            var third = new TaskCompletionSource();
            folder.Created += (_, _) => third.TrySetResult();
            folder.Renamed += (_, _) => third.TrySetResult();
            folder.EnableRaisingEvents = true;
            if (!File.Exists(Path.Combine(killed, folder.Filter)))
            {
                await Task.WhenAny(third.Task, process.WaitForExitAsync()).WaitAsync(TimeSpan.FromMinutes(2));
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        string[] FilesOf(string folder) => [.. Directory.EnumerateFiles(folder, "part-*").Order(StringComparer.Ordinal)];
        var before = FilesOf(killed).ToDictionary(path => path, File.GetLastWriteTimeUtc);
        Assert.InRange(before.Count, 3, payments / rowsOfFile);
        var resumed = await ScoringProcess.SucceedAsync(NoBroker, Verb(killed));
        Assert.Contains($"; {before.Count * rowsOfFile:N0} of them were there", resumed.Errors, StringComparison.Ordinal);
        Assert.All(before, of => Assert.Equal(of.Value, File.GetLastWriteTimeUtc(of.Key)));
        Assert.Equal(payments / rowsOfFile, FilesOf(whole).Length);
        Assert.Equal(FilesOf(whole).Select(Path.GetFileName), FilesOf(killed).Select(Path.GetFileName));
        Assert.All(FilesOf(whole).Zip(FilesOf(killed)), pair => Assert.Equal(File.ReadAllBytes(pair.First), File.ReadAllBytes(pair.Second)));
        Assert.Contains("is complete already", (await ScoringProcess.SucceedAsync(NoBroker, Verb(killed))).Errors, StringComparison.Ordinal);
        var other = await ScoringProcess.RunAsync(NoBroker, [.. Verb(killed), "--as-of", "2030-01-01"]);
        Assert.Equal((2, true), (other.ExitCode, other.Errors.Contains("holds parts of another table", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_few_rows_that_look_like_card_numbers_are_left_out_and_named_and_many_refuse_the_table()
    {
        const string columns = "version: 1\ncolumns: {payment_id: id, event_time: t, amount: a, currency: {value: EUR}, card_id: c, merchant_id: m}\n";
        string Rows(Func<int, bool> isCard) => "id,t,a,c,m\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"p{i},2024-01-01,1,k,{(isCard(i) ? "4111111111111111" : $"m{i}")}\n"));
        var (few, many, file) = (Write("few.csv", Rows(i => i is 5 or 9)), Write("many.csv", Rows(i => i % 5 == 0)), Write("c.yaml", columns));
        var exempt = Write("e.yaml", columns.Replace("merchant_id: m", "merchant_id: {column: m, card_numbers: ignored}", StringComparison.Ordinal));
        var features = Write("f.yaml", "version: 1\nfeatures:\n  - {name: n, entity: card_id, aggregate: count, window: 1d}\n");
        string[] Verb(string table, string of) => ["backfill", "--features", features, "--payments", table, "--columns", of, "--output", Path.Combine(_folder, "o.csv")];
        var left = await ScoringProcess.SucceedAsync(NoBroker, Verb(few, file));
        Assert.Contains($"{few}:6: merchant_id holds a card number, in 2 rows: 6, 10; these rows are left out", left.Errors, StringComparison.Ordinal);
        var rows = await File.ReadAllLinesAsync(Path.Combine(_folder, "o.csv"));
        Assert.Equal(39, rows.Length);
        Assert.Equal("p40,38", rows[^1]);
        var refused = await ScoringProcess.RunAsync(NoBroker, Verb(many, file));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{many}:6: merchant_id holds a card number, in 8 rows", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("8 of 40 rows would be refused", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("4111111111111111", left.Errors + refused.Errors, StringComparison.Ordinal);
        await ScoringProcess.SucceedAsync(NoBroker, Verb(many, exempt));
        Assert.Equal(41, (await File.ReadAllLinesAsync(Path.Combine(_folder, "o.csv"))).Length);
    }

    [Fact]
    public async Task A_proposed_columns_file_fits_its_table_and_the_check_shows_what_becomes_of_each_field()
    {
        var table = Write("t.csv", "Time;Amount;Card Number;Shop;Street;is fraud\n31.12.2023 09:05;1.234,50;4111 1111 1111 1111;S1;x;Yes\n01.01.2024 10:00;5,00;5555-5555-5555-4444;S2;y;No\n");
        var columns = Path.Combine(_folder, "c.yaml");
        await ScoringProcess.SucceedAsync(NoBroker, "columns", "infer", "--sample", table, "--output", columns);
        var environment = new Dictionary<string, string>(NoBroker) { ["CARD_KEY"] = "0123456789abcdef" };
        var shown = await ScoringProcess.SucceedAsync(environment, "columns", "check", columns, "--sample", table, "--json");
        using var json = System.Text.Json.JsonDocument.Parse(shown.Output);
        var fields = json.RootElement.GetProperty("rows")[0].GetProperty("fields").EnumerateArray().ToDictionary(field => field.GetProperty("field").GetString()!, field => field.GetProperty("value").GetString());
        Assert.Equal(("2023-12-31T09:05:00.000Z", "1234.5 EUR", "fraud"), (fields["event_time"], fields["amount"], fields["label"]));
        Assert.Equal(64, fields["card_id"]!.Length);
        Assert.DoesNotContain("attributes.Street", fields.Keys);
        Assert.Contains("2 payments, 2 labels", shown.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("4111", shown.Output + shown.Errors, StringComparison.Ordinal);
        var missing = await ScoringProcess.RunAsync(NoBroker, "columns", "check", columns, "--sample", table);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("the environment variable CARD_KEY is not set", missing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_may_begin_in_1970_unless_a_floor_is_given()
    {
        var payments = Write("p.csv", "Time,Amount\n0,1.5\n0,2\n1,3\n");
        var columns = Write("c.yaml", "version: 1\ncolumns: {payment_id: Time, event_time: {column: Time, format: unix_s}, amount: {column: Amount, unit: major}, currency: {default: EUR}, customer_id: {default: all}}\n");
        var features = Write("f.yaml", "version: 1\nfeatures:\n  - {name: n, entity: customer_id, aggregate: count, window: 1d}\n");
        string[] verb = ["backfill", "--features", features, "--payments", payments, "--columns", columns, "--output", Path.Combine(_folder, "o.csv")];
        await ScoringProcess.SucceedAsync(NoBroker, verb);
        Assert.Equal(["payment_id,n", "0,1", "0,2", "1,3"], await File.ReadAllLinesAsync(Path.Combine(_folder, "o.csv")));
        var refused = await ScoringProcess.RunAsync(NoBroker, [.. verb, "--set", "ingest.eventTimeFloor=2000-01-01"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{payments}:2: event_time is outside the range allowed", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backfill_says_of_which_payments_the_features_are_approximate_because_a_value_is_too_large()
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,customer_id,attributes.x\na,1700000000000,1,EUR,c,1\nb,1700000001000,1,EUR,c,9000000001\nc,1700000002000,1,EUR,c,2\nd,1700000003000,1,EUR,d,9000000000\n");
        var features = Write("f.yaml", "version: 1\nfeatures:\n  - {name: sum_1d, entity: customer_id, aggregate: sum, of: attributes.x, window: 1d}\n  - {name: mean_1d, entity: customer_id, aggregate: mean, of: attributes.x, window: 1d}\n  - {name: n_m, entity: merchant_id, aggregate: count, window: 1d}\n");
        var outcome = await ScoringProcess.SucceedAsync(NoBroker, "backfill", "--features", features, "--payments", payments, "--output", Path.Combine(_folder, "o.csv"));
        Assert.Contains($"{payments}:3: attributes.x lies beyond ±9,000,000,000 in 1 payments", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains($"{payments}:3: 2 of 4 payments have features that are approximate, the first of them in time here: sum_1d, mean_1d (", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("exact_events", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8192, false)]
    [InlineData(16, true)]
    public async Task Backfill_says_of_which_payments_the_features_are_estimates(int exactEvents, bool isSaid)
    {
        var rows = Enumerable.Range(0, 200).Select(i => $"p{i},{1_700_000_000_000 + (i * 600_000L)},{i},EUR,c\n");
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,customer_id\n" + string.Concat(rows));
        var features = Write("f.yaml", $"version: 1\nexact_events: {exactEvents}\nfeatures:\n  - {{name: sum_20h, entity: customer_id, aggregate: sum, of: amount, window: 20h}}\n  - {{name: max_3d, entity: customer_id, aggregate: max, of: amount, window: 3d}}\n");
        var outcome = await ScoringProcess.SucceedAsync(NoBroker, "backfill", "--features", features, "--payments", payments, "--output", Path.Combine(_folder, "o.csv"));
        Assert.Equal(isSaid, outcome.Errors.Contains("of 200 payments have features that are approximate", StringComparison.Ordinal));
        Assert.Equal(isSaid, outcome.Errors.Contains("raise exact_events (now 16)", StringComparison.Ordinal));
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
    [InlineData("generate --payments 10", "DATA holds mine.csv, which is not of this verb")]
    [InlineData("train --features topology/generated/features.yaml --label fraud --data DATA/mine.csv", "--output DATA holds DATA/mine.csv, which this verb reads")]
    public async Task A_verb_that_writes_a_folder_refuses_one_that_holds_anything_else(string verb, string problem)
    {
        var (data, mine) = (Path.Combine(_folder, "data"), Path.Combine(_folder, "data", "mine.csv"));
        Directory.CreateDirectory(data);
        await File.WriteAllTextAsync(mine, "payment_id,fraud\n");
        var outcome = await ScoringProcess.RunAsync(NoBroker, [.. verb.Replace("DATA", data, StringComparison.Ordinal).Split(' '), "--output", data]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(problem.Replace("DATA", data, StringComparison.Ordinal), outcome.Errors, StringComparison.Ordinal);
        Assert.Equal([mine], Directory.GetFiles(data));
        Assert.Equal([data], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/p.csv", "F/p.csv is F/p.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/x/../p.csv", "is F/p.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/link.csv", "F/link.csv is F/p.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/link.csv --output F/p.csv", "F/p.csv is F/link.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/linked/p.csv", "is F/p.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --labels F/l.csv --output F/l.csv", "is F/l.csv, which this verb reads")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/f2.yaml", "ends with .csv, .csv.gz or .parquet")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/o.gz", "ends with .csv, .csv.gz or .parquet")]
    [InlineData("backfill --features F/f.yaml --payments F/p.csv --output F/m/golden.parquet", "lies in a model's folder")]
    [InlineData("score --model F/m/model.onnx --data F/p.csv --output F/p.csv", "is F/p.csv, which this verb reads")]
    [InlineData("score --model F/m --data F/p.csv --output F/m/model.onnx", "ends with .csv, .csv.gz or .parquet")]
    [InlineData("score --model F/m --data F/p.csv --output F/m/new/o.csv", "lies in F/m, which this verb reads")]
    [InlineData("score --model F/m/model.onnx --data F/p.csv --output F/linked/m/golden.parquet", "lies in a model's folder")]
    [InlineData("train --features F/f.yaml --label y --data F/m/golden.parquet --output F/linked/m", "holds F/m/golden.parquet, which this verb reads")]
    [InlineData("tune --topology F/t/topology.yaml --embedded --events 100 --output F/t/features.yaml --force", "is F/t/features.yaml, which this verb reads")]
    [InlineData("tune --topology F/t/topology.yaml --embedded --events 100 --output F/t/card.yaml --force", "which this verb reads")]
    public async Task No_verb_writes_over_what_it_reads_or_into_a_model(string verb, string problem)
    {
        const string generated = "topology/generated";
        var (model, topology) = (Path.Combine(_folder, "m"), Path.Combine(_folder, "t"));
        Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id\na,1700000000000,1,EUR,c\n");
        Write("l.csv", "payment_id,event_time,known_at,fraud,card_id\na,1700000000000,1700000000001,1,c\n");
        Write("f.yaml", "version: 1\nfeatures:\n  - {name: n, entity: card_id, aggregate: count, window: 1d}\n");
        Write("f2.yaml", "mine");
        CopyFolder(Path.Combine(SharedFolder.RepositoryRoot, generated, "model"), model);
        CopyFolder(Path.Combine(SharedFolder.RepositoryRoot, generated), topology);
        CopyFolder(Path.Combine(SharedFolder.RepositoryRoot, generated, "lists"), Path.Combine(topology, "lists"));
        CopyFolder(model, topology);
        var text = await File.ReadAllTextAsync(Path.Combine(topology, "topology.yaml"));
        await File.WriteAllTextAsync(Path.Combine(topology, "topology.yaml"), text.Replace("champion: model", "champion: .", StringComparison.Ordinal));
        File.CreateSymbolicLink(Path.Combine(_folder, "link.csv"), "p.csv");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "linked"), _folder);
        var before = Contents();
        var outcome = await ScoringProcess.RunAsync(NoBroker, verb.Replace("F/", _folder + "/", StringComparison.Ordinal).Split(' '));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(problem.Replace("F/", _folder + "/", StringComparison.Ordinal), outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Contents());

        string[] Contents() => [.. Directory.GetFiles(_folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private async Task<(string[] Rows, string Errors)> BackfillAsync(string name, string features, string payments, string? columns, params string[] others)
    {
        var output = Path.Combine(_folder, "o.csv");
        var options = columns is null ? others : ["--columns", SharedFolder.PathOf("cases", name, columns), .. others];
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
