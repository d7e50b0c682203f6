using StreamScoring.Features;

namespace StreamScoring.Deployment.Capacity;

/// <summary>Bytes of a record's value, uncompressed.</summary>
internal sealed record WireSizes(double PaymentBytes, double LabelBytes, double DecisionBytes)
{
    /// <summary>
    /// A record in a batch on the wire, beside its value: lengths, offset, timestamp, key.
    /// </summary>
    public const double RecordHeadBytes = 30;

    /// <summary>A decision's header, with its name.</summary>
    public const double DecisionHeadersBytes = 50;

    /// <summary>A feature in a decision: the number's type, the number.</summary>
    private const int FeatureBytes = 9;

    /// <summary>
    /// What a decision that leaves nothing to a schema has beside the names of its features: model,
    /// hashes, headers of the older form.
    /// </summary>
    private const double InlineBytes = 186;

    public static WireSizes Of(FeatureFile file, CapacityLoad load, CapacityConstants constants, bool usesSchemas) => new(
        load.PaymentBytes ?? constants.PaymentBytes, constants.LabelBytes,
        constants.DecisionBytes + FeaturesBytes(file.Schema) + (usesSchemas ? 0 : InlineBytes + file.Schema.Names.Sum(name => name.Length + 1)));

    /// <summary>
    /// What the features take of a decision: they stand there in the order of its schema.
    /// </summary>
    public static double FeaturesBytes(FeatureSchema schema) => schema.Names.Count * FeatureBytes;
}
