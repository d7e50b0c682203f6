namespace StreamScoring.Chaos.Faults;

/// <summary>A fault as a name and what it does.</summary>
internal sealed class Fault(string name, Func<ChaosWorld, Random, Task> run, bool losesRecords = false) : IFault
{
    public string Name => name;

    public bool LosesRecords => losesRecords;

    public Task RunAsync(ChaosWorld world, Random random) => run(world, random);
}
