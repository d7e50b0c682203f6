using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Host.Tuning;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

internal static class TuneVerb
{
    /// <summary>With fewer the spread of the incumbent's trials says too little.</summary>
    private const int RoundsMin = 3;

    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var embedded = new Option<bool>("--embedded")
        {
            Description = "On an embedded broker. It shows what the process itself costs: batches, lanes. It shares the process's cores, writes no disk, copies to no other broker and "
                + "knows no transactions, so what it says of linger, compression and batches in flight holds for no real one",
        };
        var payments = CommonOptions.Payments();
        (payments.Required, payments.Description) = (false, "Tables of payments (.csv, .csv.gz, .parquet) in place of generated ones");
        var columns = CommonOptions.Columns();
        var events = new Option<int?>("--events") { Description = "Payments of each trial (default: 100000; embedded 20000; for latency five seconds of them)", HelpName = "N" };
        var goal = new Option<string>("--goal")
        {
            Description = "throughput: payments a second of a backlog; latency: the 99th percentile from a payment's timestamp to its acknowledged decision, at --rate",
            DefaultValueFactory = _ => "throughput",
        };
        goal.AcceptOnlyFromAmong("throughput", "latency");
        var rate = new Option<double?>("--rate") { Description = "Payments a second, for --goal latency (default: 1000)", HelpName = "R" };
        var rounds = new Option<int>("--rounds") { Description = "Trials of each value in a comparison, 3 or more", HelpName = "N", DefaultValueFactory = _ => 5 };
        var attempts = new Option<string[]>("--try")
        {
            Description = $"Only this knob and these values, such as emit.linger=0ms,5ms (repeatable; {string.Join(", ", KnobLadders.Allowed)})",
            HelpName = "KEY=VALUES",
            DefaultValueFactory = _ => [],
        };
        var output = new Option<string?>("--output") { Description = "The file to write, in the topology's folder (default: its name with .tuned.yaml)", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Overwrite the file to write" };
        var json = CommonOptions.Json();
        var command = new Command("tune",
            """
            Measures which throughput knobs are worth changing, and writes a copy of the topology file with the values that are, the measurements as comments
            beside them. One knob after the other, it runs the real pipeline with the value in force and with another one in turn, and keeps the other only
            where it is better by more than trials of one value differ among themselves. Nothing that decides a payment is changed.

            The topology's brokers are used, with topics made for it (decisions-tune-…), which are deleted at the end, also at Ctrl-C; real topics and the group
            are not touched, but the brokers have the load: not beside a production that needs all of them. The pipeline runs in this process, so run it on a
            machine like the one that is to serve, with nothing else on it. Other regions are not followed.

            Example:
              scoring tune --topology topology/generated/topology.yaml --embedded --events 20000
              scoring tune --topology topology/generated/topology.yaml --goal latency --rate 2000 --try emit.linger=0ms,1ms,5ms
            """) { topology, set, embedded, payments, columns, events, goal, rate, rounds, attempts, output, force, json };
        command.Runs((parsed, cancel) =>
        {
            var file = parsed.GetRequiredValue(topology);
            var isLatency = parsed.GetValue(goal) == "latency";
            Require(parsed.GetValue(events) is null or >= 100, $"--events is {parsed.GetValue(events)}; give 100 or more");
            Require(parsed.GetValue(rounds) >= RoundsMin, $"--rounds is {parsed.GetValue(rounds)}; give {RoundsMin} or more, as the spread of the trials is what a change must exceed");
            Require(isLatency || parsed.GetValue(rate) is null, "--rate goes with --goal latency; a backlog is decided as fast as it can be");
            Require(parsed.GetValue(rate) is null or > 0, $"--rate is {parsed.GetValue(rate)}; give a number above 0");
            Require(parsed.GetValue(columns) is null || parsed.GetValue(payments) is { Length: > 0 }, "--columns says how the columns of --payments are read; give both");
            var options = new TuneOptions(
                file, parsed.GetValue(set) ?? [], parsed.GetValue(embedded), parsed.GetValue(payments) ?? [], parsed.GetValue(columns), parsed.GetValue(events),
                isLatency ? TuneGoal.Latency : TuneGoal.Throughput, parsed.GetValue(rate) ?? 1000, parsed.GetValue(rounds), parsed.GetValue(attempts) ?? [],
                OutputOf(file, parsed.GetValue(output), parsed.GetValue(force)), parsed.GetValue(json));
            return RunAsync(options, CommandOf(parsed), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(TuneOptions options, string command, CancellationToken cancel)
    {
        using var progress = new ProgressLine();
        var loadAverage = MachineText.LoadAverage();
        var run = new TuneRun(options, progress, Console.Error.WriteLine);
        var text = Read(options.File);
        var topology = TopologyFile.Parse(options.File, text, options.Set);
        // It lies in the topology's folder, and a model may lie there too: its files alone are left
        // as they are.
        OutputFile.RequireNoInput(
            options.Output,
            [
                options.File, options.Columns, topology.FeatureFile, topology.RuleFile, topology.ListFolder, .. options.Payments,
                .. topology.ShadowFolders.Concat(topology.ServedFolders.Select(served => served.Folder)).Distinct().SelectMany(OnnxModelLoader.FilesOf),
            ]);
        var (result, workload) = await run.RunAsync(topology, cancel);
        progress.Clear();
        var report = new TuneReport(options, result, workload.Text, command, TimeProvider.System.GetUtcNow(), MachineText.Describe(), loadAverage);
        TunedFile.Write(options.Output, text, report.Write(text), options.Set, result);
        if (options.AsJson)
        {
            await Console.Out.WriteLineAsync(report.ToJson(options.Output));
        }
        else
        {
            report.Print(options.Output);
        }

        return VerbRunner.Done;
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Checked before anything is measured. Paths in a topology are relative to its folder, so a
    /// copy in another one would name other files.
    /// </summary>
    private static string OutputOf(string file, string? output, bool force)
    {
        var folder = Path.GetDirectoryName(file) ?? "";
        output ??= Path.Combine(folder, Path.GetFileNameWithoutExtension(file) + ".tuned.yaml");
        Require(
            Path.GetDirectoryName(Path.GetFullPath(output)) == Path.GetDirectoryName(Path.GetFullPath(file)),
            $"--output {output}: it must lie in the folder of {file}, as the paths in a topology are relative to its folder");
        Require(Path.GetFullPath(output) != Path.GetFullPath(file), $"--output {output} is the topology itself; compare the copy with it and then put it in its place");
        Require(force || !Path.Exists(output), $"{output} is there already; --force overwrites it, --output names another");
        return output;
    }

    private static string CommandOf(ParseResult parsed) =>
        "scoring " + string.Join(' ', parsed.Tokens.Select(token => token.Value.Any(char.IsWhiteSpace) ? $"'{token.Value}'" : token.Value));

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidInputFileException(problem);
        }
    }
}
