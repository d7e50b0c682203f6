using System.Text.Json;
using Spectre.Console;
using StreamScoring.Deployment.Tuning;

namespace StreamScoring.Host.Tuning;

/// <summary>
/// What a sweep found, for people, for scripts, and as comments of the file that it writes.
/// </summary>
/// <param name="Command">As it was given.</param>
/// <param name="At">UTC.</param>
/// <param name="LoadAverage">Before the first trial.</param>
internal sealed record TuneReport(TuneOptions Options, SweepResult Result, string Workload, string Command, DateTimeOffset At, string Machine, string? LoadAverage)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = false };

    private bool IsThroughput => Options.Goal == TuneGoal.Throughput;

    private string Unit => IsThroughput ? "payments/s" : "ms p99";

    /// <summary>The file's text with the recommended values and what speaks for them.</summary>
    public string Write(string text)
    {
        foreach (var key in Result.Changed)
        {
            var last = Result.Comparisons.Last(comparison => comparison.Key == key && comparison.To == Result.Best[key]);
            text = TopologyText.Set(text, key, Result.Best[key], $"tuned: {Figures(last.Candidate)}, {Figures(last.Incumbent)} with {last.From}");
        }

        return TopologyText.Head(text, Head());
    }

    /// <summary>To stdout: a table, and what it comes to.</summary>
    public void Print(string output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 160;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in new[] { "knob", "from", "to", $"{Unit} before", "after", "CPU us/payment before", "after", "" })
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        foreach (var comparison in Comparisons())
        {
            table.AddRow(
                Markup.Escape(comparison.Key), Markup.Escape(comparison.From), Markup.Escape(comparison.To), Figures(comparison.Incumbent), Figures(comparison.Candidate),
                Cpu(comparison.Incumbent), Cpu(comparison.Candidate), comparison.IsTaken ? "better" : "");
        }

        console.Write(table);
        console.WriteLine($"medians of {Options.Rounds}, smallest and largest in brackets; better: by more than the incumbent's own trials differ, in every trial");
        console.WriteLine(Summary());
        console.WriteLine($"written: {output}");
    }

    public string ToJson(string output) => JsonSerializer.Serialize(
        new
        {
            topology = Options.File,
            command = Command,
            goal = Options.Goal.ToString().ToLowerInvariant(),
            unit = Unit,
            workload = Workload,
            rate = IsThroughput ? (double?)null : Options.Rate,
            broker = Options.IsEmbedded ? "embedded" : "topology",
            rounds = Options.Rounds,
            at = At,
            machine = Machine,
            load_average = LoadAverage,
            comparisons = Result.Comparisons.Select(Json),
            check = Result.Check is { } check ? Json(check) : null,
            recommended = Result.Best,
            changed = Result.Changed,
            output,
        }, Indented);

    private static object Json(KnobComparison comparison) => new
    {
        key = comparison.Key,
        from = comparison.From,
        to = comparison.To,
        incumbent = Json(comparison.Incumbent),
        candidate = Json(comparison.Candidate),
        taken = comparison.IsTaken,
    };

    private static object Json(TrialRepeats repeats) => new
    {
        median = Rounded(repeats.Median),
        min = Rounded(repeats.Min),
        max = Rounded(repeats.Max),
        cpu_us_per_payment = Rounded(repeats.MedianOf(trial => trial.CpuMicroseconds)),
        p50_ms = repeats.Goal == TuneGoal.Latency ? Rounded(repeats.MedianOf(trial => trial.P50Ms!.Value)) : (double?)null,
        values = repeats.Trials.Select(trial => Rounded(trial.Of(repeats.Goal))),
    };

    private IEnumerable<KnobComparison> Comparisons() => Result.Check is { } check ? Result.Comparisons.Append(check) : Result.Comparisons;

    private IEnumerable<string> Head()
    {
        yield return $"Written by: {Command}";
        yield return $"{At:yyyy-MM-dd HH:mm} UTC; {Machine}; load average before: {LoadAverage ?? "not known"}";
        yield return $"Goal {Options.Goal.ToString().ToLowerInvariant()}; {Workload}{(IsThroughput ? ", a backlog" : FormattableString.Invariant($" at {Options.Rate} a second"))}; "
            + $"{(Options.IsEmbedded ? "the embedded broker" : "the topology's brokers")}; medians of {Options.Rounds} (smallest-largest), {Unit}";
        foreach (var comparison in Result.Comparisons)
        {
            yield return $"  {comparison.Key} {comparison.From} -> {comparison.To}: {Figures(comparison.Incumbent)} -> {Figures(comparison.Candidate)}{(comparison.IsTaken ? ", taken" : "")}";
        }

        yield return Summary();
        yield return "";
    }

    private string Summary() => Result.Check switch
    {
        null => "Nothing beat the values of the file by more than their own trials differ: they stay.",
        { IsTaken: true } check => $"All together: {Figures(check.Incumbent)} before, {Figures(check.Candidate)} with the recommended values.",
        var check => $"All together: {Figures(check.Incumbent)} before, {Figures(check.Candidate)} with the recommended values, no more than trials differ: measure again before you take them.",
    };

    private static string Figures(TrialRepeats repeats) => $"{Number(repeats.Median)} ({Number(repeats.Min)}-{Number(repeats.Max)})";

    private static string Cpu(TrialRepeats repeats) => Number(repeats.MedianOf(trial => trial.CpuMicroseconds));

    private static string Number(double value) => FormattableString.Invariant($"{Rounded(value):#,0.###}");

    /// <summary>Three significant digits: more would be noise.</summary>
    private static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return 0;
        }

        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 2);
        return Math.Round(Math.Round(value / unit) * unit, 6);
    }
}
