using System.CommandLine;
using System.Diagnostics;
using StreamScoring.Simulation;

// Replays one seed with a readable trace, or runs a range of seeds with progress.
var seed = new Option<int?>("--seed") { Description = "Replay one seed and print what happens", HelpName = "N" };
var seeds = new Option<string?>("--seeds") { Description = "Run a range of seeds, the last one included", HelpName = "A..B" };
var untilFailure = new Option<bool>("--until-failure") { Description = "Of a range, run nothing beyond the first seed that fails" };
var root = new RootCommand("Runs the pipeline under seeded faults and checks every promise.\n\nExamples:\n  --seed 17\n  --seeds 0..100000") { seed, seeds, untilFailure };
root.SetAction((parsed, cancel) =>
{
    if (parsed.GetValue(seed) is { } one)
    {
        return Task.FromResult(Replay(one));
    }

    var bounds = (parsed.GetValue(seeds) ?? "").Split("..");
    if (bounds.Length != 2 || !int.TryParse(bounds[0], out var first) || !int.TryParse(bounds[1], out var last) || first > last)
    {
        Console.Error.WriteLine("give --seed N or --seeds A..B");
        return Task.FromResult(2);
    }

    return Task.FromResult(RunAll(first, last, parsed.GetValue(untilFailure), cancel));
});
return root.Parse(args).Invoke();

static int Replay(int seed)
{
    try
    {
        new PipelineSimulation(seed, Console.WriteLine).Run();
        Console.WriteLine($"seed {seed}: every promise holds");
        return 0;
    }
    catch (Exception e)
    {
        Console.WriteLine($"seed {seed}: {e}");
        return 1;
    }
}

static int RunAll(int first, int last, bool untilFailure, CancellationToken cancel)
{
    var (done, failed, started) = (0, 0, Stopwatch.GetTimestamp());
    Parallel.For(first, last + 1, (seed, loop) =>
    {
        if (cancel.IsCancellationRequested)
        {
            loop.Stop();
            return;
        }

        try
        {
            new PipelineSimulation(seed).Run();
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref failed);
            Console.WriteLine($"seed {seed}: {e.Message}");
            if (untilFailure)
            {
                // Seeds below it are run all the same, so the first one is always the same one.
                loop.Break();
            }
        }

        var count = Interlocked.Increment(ref done);
        if (count % 500 == 0 && !Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r{count:N0} of {last - first + 1:N0} seeds, {failed} failed, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        }
    });
    Console.WriteLine($"{done} seeds, {failed} failed, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
    return cancel.IsCancellationRequested ? 130 : failed > 0 ? 1 : 0;
}
