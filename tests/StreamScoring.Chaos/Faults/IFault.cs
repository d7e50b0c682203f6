namespace StreamScoring.Chaos.Faults;

/// <summary>
/// Something that goes wrong, and is mended again before it returns. What it leaves behind, the
/// pipeline has to get over by itself.
/// </summary>
public interface IFault
{
    string Name { get; }

    /// <summary>
    /// Whether records of inputs are gone behind it, so that less can be compared.
    /// </summary>
    bool LosesRecords { get; }

    Task RunAsync(ChaosWorld world, Random random);
}
