using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>A topology's home region, as the client library names it.</summary>
internal static class ClientRegion
{
    /// <summary>
    /// Short, so that the verbs end soon on brokers that make a reader wait for the whole of it.
    /// </summary>
    public static readonly TimeSpan FetchWaitMax = TimeSpan.FromMilliseconds(10);

    public static ScoringRegion Of(Topology topology) => new()
    {
        Name = topology.Home.Name,
        Kafka = new KafkaSettings(topology.Home.Brokers, topology.Home.Security),
        Payments = topology.Home.Payments,
        Labels = topology.Home.Labels,
        Decisions = topology.Home.Decisions,
        DeadLetters = topology.Home.DeadLetters,
        Schemas = topology.Home.Schemas,
        Shadow = topology.Home.Shadow,
        PartitionBy = TextFields.TryParse(topology.PartitionBy, out var field) ? field : TextField.CardId,
    };
}
