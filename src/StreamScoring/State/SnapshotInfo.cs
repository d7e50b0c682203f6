using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamScoring.State;

/// <summary>The head of a snapshot file.</summary>
/// <param name="CreatedAt">UTC, by the clock of the process that wrote it.</param>
/// <param name="FeatureFile"><c>sha256:</c> and the hash of the feature file whose windows it
/// holds.</param>
/// <param name="Identity">Fingerprint of the secret by which ids are hashed in it.</param>
/// <param name="FeatureText">The feature file itself: with it the snapshot can be checked without
/// anything else.</param>
/// <param name="Topics">By <c>region/topic</c>: the topic's id, so that a topic that was made anew
/// is told apart.</param>
/// <param name="Config">The same of the topology; it may differ where the snapshot is used.</param>
/// <param name="WatermarkMs">How far event time has come, ms since the Unix epoch.</param>
/// <param name="Vector">By log (<c>region/topic/partition</c>): the next offset that the state does
/// not hold.</param>
/// <param name="KeyCounts">By entity: about how many keys follow, so that their tables are made
/// once. Older snapshots do not say.</param>
public sealed record SnapshotInfo(
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("feature_file")] string FeatureFile,
    [property: JsonPropertyName("identity")] string Identity,
    [property: JsonPropertyName("feature_text")] string FeatureText,
    [property: JsonPropertyName("topics")] IReadOnlyDictionary<string, string> Topics,
    [property: JsonPropertyName("config")] string Config,
    [property: JsonPropertyName("watermark_ms")] long WatermarkMs,
    [property: JsonPropertyName("vector")] IReadOnlyDictionary<string, long> Vector,
    [property: JsonPropertyName("key_counts")] IReadOnlyList<long>? KeyCounts = null)
{
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this);

    internal static SnapshotInfo FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<SnapshotInfo>(json) is { FeatureFile: not null, Identity: not null, FeatureText: not null, Topics: not null, Config: not null, Vector: not null } info
            ? info
            : throw new JsonException("the head lacks a field");
}
