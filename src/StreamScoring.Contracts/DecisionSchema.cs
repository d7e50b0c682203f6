using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// What many decisions have in common: the names of their features, the model, and hashes of what
/// they rest on. It stands once in the topic of schemas, and decisions name it by its id
/// (docs/wire-format.md, Schemas). It never changes.
/// </summary>
public sealed class DecisionSchema
{
    /// <param name="featureNames">In the order of the feature file.</param>
    /// <param name="featureTexts">What a reason says of each.</param>
    /// <param name="modelVersion">This and the hashes below are <c>sha256:</c> and 64 hexadecimal
    /// digits.</param>
    /// <param name="ruleFile">Null where there is none.</param>
    /// <param name="policy">Null where it is not known.</param>
    /// <param name="shadows">What decisions call the shadow models; null: there are none.</param>
    public DecisionSchema(
        IReadOnlyList<string> featureNames, IReadOnlyList<string> featureTexts, string modelName, string modelVersion, string engine, string featureFile, string? ruleFile, string config, string? policy,
        IReadOnlyList<string>? shadows = null)
        : this(featureNames, featureTexts, modelName, modelVersion, engine, featureFile, ruleFile, config, policy, shadows ?? [], record: null)
    {
    }

    private DecisionSchema(
        IReadOnlyList<string> featureNames, IReadOnlyList<string> featureTexts, string modelName, string modelVersion, string engine, string featureFile, string? ruleFile, string config, string? policy,
        IReadOnlyList<string> shadows, (string Id, ReadOnlyMemory<byte> Value)? record)
    {
        ArgumentNullException.ThrowIfNull(featureNames);
        ArgumentNullException.ThrowIfNull(featureTexts);
        if (featureNames.Count != featureTexts.Count)
        {
            throw new ArgumentException($"{featureNames.Count} features have {featureTexts.Count} texts", nameof(featureTexts));
        }

        (FeatureNames, FeatureTexts, ModelName, ModelVersion, Engine) = (featureNames, featureTexts, modelName, modelVersion, engine);
        (FeatureFile, RuleFile, Config, Policy, Shadows) = (featureFile, ruleFile, config, policy, shadows);
        Value = record?.Value ?? Write();
        Id = record?.Id ?? IdOf(Value.Span);
    }

    private DecisionSchema(string id)
    {
        Id = id;
        (FeatureNames, FeatureTexts, ModelName, ModelVersion, Engine, FeatureFile, Config, Shadows) = ([], [], "", "", "", "", "", []);
    }

    /// <summary>
    /// False for one that nobody could look up: its features are called by their places.
    /// </summary>
    public bool IsKnown => !Value.IsEmpty;

    /// <summary><c>sha256:</c> and the hash of <see cref="Value"/>: the record's key.</summary>
    public string Id { get; }

    /// <summary>The record's value: JSON.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    public IReadOnlyList<string> FeatureNames { get; }

    public IReadOnlyList<string> FeatureTexts { get; }

    public string ModelName { get; }

    public string ModelVersion { get; }

    public string Engine { get; }

    public string FeatureFile { get; }

    public string? RuleFile { get; }

    public string Config { get; }

    public string? Policy { get; }

    /// <summary>Decisions have the shadow models' answers in this order.</summary>
    public IReadOnlyList<string> Shadows { get; }

    /// <summary>The id of a record of the topic, by its value.</summary>
    public static string IdOf(ReadOnlySpan<byte> value) => DecisionMessagePack.HashPrefix + Convert.ToHexStringLower(SHA256.HashData(value));

    /// <summary>
    /// What a decision is read by whose schema is gone: all that the decision says itself is there.
    /// </summary>
    public static DecisionSchema Unknown(string id) => new(id);

    /// <summary>Reads a record of the topic.</summary>
    /// <param name="id">The record's key. A later release may have written more than this one
    /// reads, which the id is of as well.</param>
    /// <exception cref="JsonException">It is no schema.</exception>
    public static DecisionSchema Read(ReadOnlyMemory<byte> value, string id)
    {
        using var document = JsonDocument.Parse(value);
        try
        {
            var (root, features) = (document.RootElement, document.RootElement.GetProperty("features").EnumerateArray().ToList());
            var model = root.GetProperty("model");
            return new DecisionSchema(
                [.. features.Select(feature => Text(feature, "name"))], [.. features.Select(feature => Text(feature, "text"))],
                Text(model, "name"), Text(model, "version"), Text(model, "engine"),
                Text(root, "feature_file"), root.GetProperty("rule_file").GetString(), Text(root, "config"), root.GetProperty("policy").GetString(),
                root.TryGetProperty("shadows", out var shadows) ? [.. shadows.EnumerateArray().Select(shadow => shadow.GetString() ?? throw new JsonException("no schema of decisions: a shadow is null"))] : [],
                (id, value));
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException($"no schema of decisions: {e.Message}", e);
        }
    }

    /// <summary>The name of a feature.</summary>
    internal string NameOf(int place) => IsKnown ? FeatureNames[place] : place.ToString(CultureInfo.InvariantCulture);

    /// <summary>The name of a shadow model.</summary>
    internal string ShadowOf(int place) => IsKnown ? Shadows[place] : place.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a reason says of a feature.</summary>
    internal string TextOf(int place) => IsKnown ? FeatureTexts[place] : "";

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? throw new JsonException($"no schema of decisions: {name} is null");

    /// <summary>The names are those of a decision's JSON.</summary>
    private byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartObject("model");
        json.WriteString("name", ModelName);
        json.WriteString("version", ModelVersion);
        json.WriteString("engine", Engine);
        json.WriteEndObject();
        json.WriteString("feature_file", FeatureFile);
        json.WriteString("rule_file", RuleFile);
        json.WriteString("config", Config);
        json.WriteString("policy", Policy);
        json.WriteStartArray("features");
        for (var i = 0; i < FeatureNames.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("name", FeatureNames[i]);
            json.WriteString("text", FeatureTexts[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Shadows.Count > 0)
        {
            json.WriteStartArray("shadows");
            foreach (var shadow in Shadows)
            {
                json.WriteStringValue(shadow);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
