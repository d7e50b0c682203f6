namespace StreamScoring.Generator;

/// <summary>
/// The size of a generated world. The same options and seed give the same payments.
/// </summary>
public sealed record WorldOptions
{
    public int Seed { get; init; } = 1;

    public int Customers { get; init; } = 2000;

    public int Merchants { get; init; } = 400;

    /// <summary>When the first payment may happen, ms since the Unix epoch, UTC.</summary>
    public long StartMs { get; init; } = 1_767_225_600_000;

    /// <summary>Payments of honest customers a day, on average.</summary>
    public double PaymentsPerDay { get; init; } = 4000;

    /// <summary>Share of honest payments that are followed by the start of a fraud.</summary>
    public double FraudStartRate { get; init; } = 0.002;
}
