using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamScoring.Deployment.Registry;

/// <summary>A change of a registry, as one line of its history.</summary>
/// <param name="At">ISO 8601, UTC.</param>
/// <param name="By">Who.</param>
/// <param name="Why">Null where nothing was said.</param>
/// <param name="Kind">One of the constants.</param>
/// <param name="Hash">The version that it is about, as <c>NAME@sha256:…</c>.</param>
/// <param name="Replaces">The version that had the role before; null for none.</param>
/// <param name="Share">Of a canary: which share it decides for; else null.</param>
/// <param name="As">Of an alias: it, as <c>NAME@ALIAS</c>; else null.</param>
/// <param name="Files">Of a version that was added: a hash of all its files; else null.</param>
public sealed record RegistryEvent(
    [property: JsonPropertyName("at")] string At,
    [property: JsonPropertyName("by")] string By,
    [property: JsonPropertyName("why")] string? Why,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("hash")] string Hash,
    [property: JsonPropertyName("replaces")] string? Replaces,
    [property: JsonPropertyName("share"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Share = null,
    [property: JsonPropertyName("as"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? As = null,
    [property: JsonPropertyName("files"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Files = null)
{
    public const string Added = "added", Champion = "champion", Rollback = "rollback", Shadow = "shadow", Canary = "canary", Fallback = "fallback", Alias = "alias";

    private const string RemovedAfter = " removed";

    /// <summary>The kind of a change that takes a role away.</summary>
    public static string Removed(string role) => role + RemovedAfter;

    public string ToLine() => JsonSerializer.Serialize(this);

    /// <returns>Null for a line that is none.</returns>
    public static RegistryEvent? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<RegistryEvent>(line) is { At: not null, By: not null, Kind: not null, Hash: not null } change ? change : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
