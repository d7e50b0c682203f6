using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// What the capacity model was told by measurement. What a key and an event take is not among it:
/// that follows from the layout of the state and is computed. <c>load-tests/capacity/measure</c>
/// writes the file; docs/scale.md says which benchmark gives which constant.
/// </summary>
/// <remarks>Times are CPU nanoseconds, of whatever thread they are spent on.</remarks>
public sealed record CapacityConstants
{
    private const string Resource = "StreamScoring.Deployment.Capacity.constants.json";

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
        // A plus sign in a version is a plus sign.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required MeasuredOn Measured { get; init; }

    /// <summary>
    /// A record taken from Kafka: the client's threads, batching, the graph, collections.
    /// </summary>
    public required double TakeNs { get; init; }

    /// <summary>
    /// A payment of a few short fields decoded; and each byte that one has beside
    /// <see cref="SmallPaymentBytes"/>, long ids being looked at for card numbers.
    /// </summary>
    public required double DecodeNs { get; init; }

    public required double DecodeByteNs { get; init; }

    /// <summary>
    /// A payment folded, whatever its entities: the idempotency index and the values that features
    /// look at.
    /// </summary>
    public required double FoldNs { get; init; }

    /// <summary>Beside that, each entity that it is folded into.</summary>
    public required double FoldEntityNs { get; init; }

    /// <summary>
    /// Of a payment that is decided: each entity whose features are read, and each of these
    /// features.
    /// </summary>
    public required double ReadEntityNs { get; init; }

    public required double ReadFeatureNs { get; init; }

    /// <summary>Of a payment that is decided: each feature that is an expression.</summary>
    public required double ExpressionNs { get; init; }

    public required double ScoreNs { get; init; }

    public required double DecideNs { get; init; }

    /// <summary>Each byte of an encoded decision.</summary>
    public required double EncodeByteNs { get; init; }

    /// <summary>
    /// A decision handed to Kafka and acknowledged: the client's threads, compression, the graph.
    /// </summary>
    public required double SendNs { get; init; }

    /// <summary>
    /// A key that the thread that folds copies for a snapshot, and beside that each byte.
    /// </summary>
    public required double SweepKeyNs { get; init; }

    public required double SweepByteNs { get; init; }

    /// <summary>
    /// A copied key that another thread hashes, checksums and writes, and beside that each byte.
    /// </summary>
    public required double SnapshotKeyNs { get; init; }

    public required double SnapshotByteNs { get; init; }

    /// <summary>A key that is read from a snapshot, and beside that each byte.</summary>
    public required double RestoreKeyNs { get; init; }

    public required double RestoreByteNs { get; init; }

    /// <summary>
    /// A payment with all its fields and no attributes, as MessagePack; a label; and a decision
    /// without its features.
    /// </summary>
    public required double PaymentBytes { get; init; }

    public required double SmallPaymentBytes { get; init; }

    public required double LabelBytes { get; init; }

    public required double DecisionBytes { get; init; }

    /// <summary>
    /// The process without state, queues and batches: runtime, code, model, native libraries.
    /// </summary>
    public required double ProcessBytes { get; init; }

    /// <summary>Those that this program was built with.</summary>
    public static CapacityConstants Embedded { get; } = ReadEmbedded();

    /// <exception cref="InvalidInputFileException">The file cannot be read, lacks a constant, or
    /// has one that is not there.</exception>
    public static CapacityConstants Load(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="Load"/>
    /// <param name="json">What <see cref="ToJson"/> writes.</param>
    public static CapacityConstants Parse(string path, string json)
    {
        CapacityConstants constants;
        try
        {
            constants = JsonSerializer.Deserialize<CapacityConstants>(json, Format) ?? throw new InvalidInputFileException($"{path}: holds no constants");
        }
        catch (JsonException e)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }

        if (constants.Measured is null)
        {
            throw new InvalidInputFileException($"{path}: measured is null; it says where the constants come from");
        }

        foreach (var (name, value) in constants.Numbers())
        {
            if (!double.IsFinite(value) || value < 0)
            {
                throw new InvalidInputFileException($"{path}: {JsonNamingPolicy.SnakeCaseLower.ConvertName(name)} is {value}; a constant is a number from 0 on");
            }
        }

        return constants;
    }

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    private IEnumerable<(string Name, double Value)> Numbers() => typeof(CapacityConstants).GetProperties()
        .Where(property => property.PropertyType == typeof(double))
        .Select(property => (property.Name, (double)property.GetValue(this)!));

    private static CapacityConstants ReadEmbedded()
    {
        using var stream = typeof(CapacityConstants).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in the program");
        using var reader = new StreamReader(stream);
        return Parse(Resource, reader.ReadToEnd());
    }
}
