using System.Text.Json;

namespace StreamScoring.Deployment.Capacity;

/// <summary>What a topology takes at a rate.</summary>
/// <param name="PaymentsPerSecond">By region.</param>
/// <param name="Variants">What the topology says, and what could be said instead.</param>
/// <param name="Advice">In the order in which one would follow it.</param>
public sealed record CapacityPlan(
    string Topology,
    string Region,
    IReadOnlyDictionary<string, double> PaymentsPerSecond,
    CapacityLoad Load,
    MeasuredOn Measured,
    double PaymentBytes,
    double DecisionBytes,
    IReadOnlyList<EntityCapacity> Entities,
    IReadOnlyList<CapacityVariant> Variants,
    IReadOnlyList<string> Advice)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public CapacityVariant OfTopology => Variants.First(variant => variant.IsOfTopology);

    /// <summary>All of it as one object on one line; numbers as they were computed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);
}
