using System.Text.Json.Serialization;

namespace StreamScoring.Deployment.Capacity;

/// <summary>What no file says: how much comes, and what there is to run it on.</summary>
public sealed record CapacityLoad
{
    /// <summary>Keys of an entity that nothing is said of.</summary>
    public const double KeysOtherwise = 1_000_000;

    /// <summary>
    /// Published into each region that <see cref="RegionPaymentsPerSecond"/> does not name, at the
    /// busiest time.
    /// </summary>
    public required double PaymentsPerSecond { get; init; }

    public IReadOnlyDictionary<string, double> RegionPaymentsPerSecond { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// By entity: different keys of all regions within the entity's windows and <c>lateness</c>;
    /// where an entity never forgets, different keys ever.
    /// </summary>
    public IReadOnlyDictionary<string, double> Keys { get; init; } = new Dictionary<string, double>();

    public double LabelsPerPayment { get; init; } = 0.01;

    /// <summary>Of a payment on the wire; null for one with all fields.</summary>
    public double? PaymentBytes { get; init; }

    /// <summary>
    /// CPU of the model for one payment, as <c>bench engine</c> says; null for that of the model
    /// that was measured.
    /// </summary>
    public double? ScoreMicroseconds { get; init; }

    /// <summary>How long payments have been coming, for what is kept for good.</summary>
    [JsonIgnore]
    public TimeSpan History { get; init; } = TimeSpan.FromDays(365);

    public double HistorySeconds => History.TotalSeconds;

    public Machine Machine { get; init; } = Machine.Default;

    /// <summary>
    /// The part of cores, the folding thread, network and disk that may be in use at that rate:
    /// what is left is for a backlog and for latency.
    /// </summary>
    public double Utilization { get; init; } = 0.6;

    /// <summary>
    /// What one broker takes, copies of other brokers' partitions included; and what it gives, at
    /// the same time.
    /// </summary>
    public double BrokerBytesPerSecond { get; init; } = 100e6;

    /// <summary>Copies of a topic's partitions.</summary>
    public int Replication { get; init; } = 3;

    /// <summary>Groups that read all decisions.</summary>
    public int DecisionReaders { get; init; } = 1;

    public double RateOf(string region) => RegionPaymentsPerSecond.TryGetValue(region, out var rate) ? rate : PaymentsPerSecond;

    public double KeysOf(string entity) => Keys.TryGetValue(entity, out var keys) ? keys : KeysOtherwise;
}
