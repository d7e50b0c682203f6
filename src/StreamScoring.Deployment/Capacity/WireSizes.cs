using StreamScoring.Features;

namespace StreamScoring.Deployment.Capacity;

/// <summary>Bytes of a record's value, uncompressed.</summary>
internal sealed record WireSizes(double PaymentBytes, double LabelBytes, double DecisionBytes)
{
    /// <summary>A record in a batch on the wire, beside its value: lengths, offset, timestamp, key.</summary>
    public const double RecordHeadBytes = 30;

    /// <summary>A decision's four headers, with their names.</summary>
    public const double DecisionHeadersBytes = 70;

    /// <summary>A feature in a decision: the name's length, the number's type, the number.</summary>
    private const int FeatureBytes = 10;

    public static WireSizes Of(FeatureFile file, CapacityLoad load, CapacityConstants constants) => new(
        load.PaymentBytes ?? constants.PaymentBytes, constants.LabelBytes, constants.DecisionBytes + FeaturesBytes(file.Schema));

    /// <summary>What the features take of a decision: they stand there by name.</summary>
    public static double FeaturesBytes(FeatureSchema schema) => schema.Names.Sum(name => name.Length + FeatureBytes);
}
