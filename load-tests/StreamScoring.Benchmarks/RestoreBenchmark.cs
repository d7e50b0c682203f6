using System.Diagnostics;
using System.Globalization;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.TestSupport;

namespace StreamScoring.Benchmarks;

/// <summary>
/// The part of B6 that grows with the state: how long a snapshot takes to be read that lies in the
/// page cache, as it does after a kill. As in
/// <c>load-tests/recovery/measure</c>, each payment is of a customer and a terminal of its own.
/// Every run is a process of its own, so that its code is as cold and its memory as new as after a
/// kill. Wall time, as that is what nobody decides in, and beside it CPU time, which tells more
/// where others use the machine too.
/// </summary>
internal static class RestoreBenchmark
{
    private const int BatchRows = 1024;

    private static readonly LogTable Logs = new([.. Enumerable.Range(0, 4).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments))]);

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (payments, runs) = (options.Integer("payments", 1_500_000), options.Integer("runs", 5));
        var file = options.Text("features") ?? "topology/handbook/features.yaml";
        var results = new ResultFile(options.Text("results"));
        results.Machine("restore", options.Text("command") ?? "restore");
        var folder = Directory.CreateTempSubdirectory("restore").FullName;
        try
        {
            var (bytes, keys) = Write(FeatureFiles.Load(file), folder, payments);
            var (seconds, cpuSeconds) = (new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
            {
                (seconds[run], cpuSeconds[run]) = RunOnce(file, folder);
                results.Append(new { benchmark = "restore", run = run + 1, seconds = Statistics.Rounded(seconds[run]), cpuSeconds = Statistics.Rounded(cpuSeconds[run]) });
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {run + 1}: {seconds[run]:0.00} s, {cpuSeconds[run]:0.00} s of CPU"));
            }

            results.Summary(new { benchmark = "restore", payments, keys, snapshotBytes = bytes, runs, seconds = Statistics.Of(seconds), cpuSeconds = Statistics.Of(cpuSeconds) });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    /// <summary>One run: reads the snapshot of a folder, and says how long it took.</summary>
    public static int ReadOnce(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var file = FeatureFiles.Load(options.Required("features"));
        var history = HistoryOf(file, options.Required("folder"));
        var (started, cpuStarted) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var (state, from) = history.RestoreNewest(() => new FoldedState(file, Logs, IdempotencyOptions.Default));
        var (took, cpuTook) = (Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - cpuStarted);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds} {cpuTook.TotalSeconds}"));
        // A benchmark of a state that is not the one written is worth nothing.
        Invariant.Require(from is not null);
        Invariant.Require(DigestOf(state).ToString("x32", CultureInfo.InvariantCulture) == File.ReadAllText(DigestFile(options.Required("folder"))));
        return 0;
    }

    private static (double Seconds, double CpuSeconds) RunOnce(string file, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(RestoreBenchmark).Assembly.Location] : Array.Empty<string>(), "restore-once", "--features", file, "--folder", folder])
        { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Invariant.Require(process.ExitCode == 0);
        var seconds = output.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return (seconds[0], seconds[1]);
    }

    private static (long Bytes, long Keys) Write(FeatureFile file, string folder, int payments)
    {
        var state = new FoldedState(file, Logs, IdempotencyOptions.Default);
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        PaymentBatches.SetDecide(batch, false);
        for (var first = 0; first < payments; first += BatchRows)
        {
            Fill(batch, first);
            state.Enrich(batch);
        }

        // The copy is made as in a process: this thread is the state's, and another writes.
        var history = HistoryOf(file, folder);
        var written = state.CopyAsync((head, chunks) => history.Write(head, chunks, state.Features.NewDigest(), DateTimeOffset.UnixEpoch));
        while (!written.IsCompleted)
        {
            state.Advance(FoldedState.BytesPerStep);
        }

        File.WriteAllText(DigestFile(folder), DigestOf(state).ToString("x32", CultureInfo.InvariantCulture));
        return (written.Result, state.Features.Sizes.Sum(size => (long)size.Keys));
    }

    private static SnapshotHistory HistoryOf(FeatureFile file, string folder) =>
        new(new SnapshotFolder(folder), file, new Dictionary<string, string>(), "", "bench", keep: 1, new TextLogger(Console.Error.WriteLine));

    private static string DigestFile(string folder) => Path.Combine(folder, "digest");

    private static UInt128 DigestOf(FoldedState state)
    {
        var digest = state.DigestAsync();
        while (!digest.IsCompleted)
        {
            state.Advance(FoldedState.BytesPerStep);
        }

        return digest.Result.Digest;
    }

    private static void Fill(PaymentBatch batch, int first)
    {
        const long timeMs = 1_700_000_000_000;
        for (var row = 0; row < BatchRows; row++)
        {
            var number = first + row;
            (batch.LogIndex[row], batch.Offset[row]) = (number % Logs.Count, number / Logs.Count);
            batch.LogTimestampMs[row] = batch.EventTimeMs[row] = timeMs;
            batch.AmountMinor[row] = 100 + (number % 9000);
            foreach (var (field, seed) in new[] { (TextField.PaymentId, 1), (TextField.CustomerId, 2), (TextField.TerminalId, 3) })
            {
                batch.Text(field).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(((long)seed << 32) + number));
            }
        }
    }
}
