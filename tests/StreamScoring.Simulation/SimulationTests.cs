using StreamScoring.TestSupport;
using Xunit.Abstractions;

namespace StreamScoring.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Parts = 8;

    /// <summary>A developer does not wait for twice as many.</summary>
    private static readonly int SeedsPerPart = Environment.GetEnvironmentVariable("CI") is "true" ? 250 : 125;

    public static TheoryData<int> PartNumbers => [.. Enumerable.Range(0, Parts)];

    /// <summary>Named seeds: each broke the code once.</summary>
    [Theory]
    [InlineData(1)]
    // What another region could still repeat was forgotten: by a batch that brought it, and by a
    // restored state.
    [InlineData(2)]
    public void A_seed_that_failed_once_holds(int seed) => Run(seed);

    [Theory, MemberData(nameof(PartNumbers))]
    public void Every_promise_holds_under_every_seed(int part) => Parallel.For(part * SeedsPerPart, (part + 1) * SeedsPerPart, Run);

    [Fact]
    public void One_seed_is_one_run()
    {
        var (first, second) = (new List<string>(), new List<string>());
        new PipelineSimulation(42, first.Add).Run();
        new PipelineSimulation(42, second.Add).Run();
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    /// <summary>
    /// Else `bite`, which takes minutes and is not run here, would prove nothing any more.
    /// </summary>
    [Fact]
    public void Every_mutation_fits_the_code()
    {
        var patches = Directory.GetFiles(Path.Combine(SharedFolder.RepositoryRoot, "tests", "StreamScoring.Simulation", "Mutations"), "*.patch");
        Assert.NotEmpty(patches);
        foreach (var patch in patches)
        {
            var lines = File.ReadAllLines(patch);
            var file = lines.Single(line => line.StartsWith("--- a/", StringComparison.Ordinal))["--- a/".Length..];
            var before = lines.SkipWhile(line => !line.StartsWith("@@", StringComparison.Ordinal)).Skip(1).Where(line => line is [' ' or '-', ..]).Select(line => line[1..]);
            Assert.True(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, file)).Contains(string.Join('\n', before), StringComparison.Ordinal), $"{patch} does not fit {file} any more");
        }
    }

    private void Run(int seed)
    {
        try
        {
            new PipelineSimulation(seed).Run();
        }
        catch (Exception e)
        {
            output.WriteLine($"replay: tests/simulate --seed {seed}");
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
    }
}
