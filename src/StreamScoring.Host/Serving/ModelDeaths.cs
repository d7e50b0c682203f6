using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamScoring.Host.Serving;

/// <summary>Calls of models in which processes ended, as a file beside the marks.</summary>
internal sealed class ModelDeaths
{
    /// <summary>
    /// So often must a payment have been in the call that a process died in. Whoever is killed from
    /// outside dies in some call too, but hardly twice in the same.
    /// </summary>
    private const int DeadlyFrom = 2;

    /// <summary>Payments that are kept at most: the last ones.</summary>
    private const int Max = 1000;

    [JsonPropertyName("deaths")]
    public List<Death> Deaths { get; init; } = [];

    /// <param name="Payment">The position, as <c>region/topic/partition/offset</c>.</param>
    /// <param name="Count">How many processes.</param>
    internal sealed record Death(
        [property: JsonPropertyName("version")] string Version, [property: JsonPropertyName("payment")] string Payment, [property: JsonPropertyName("count")] int Count);

    /// <summary>A file that is none is passed over: it makes a start slower, and nothing
    /// else.</summary>
    public static ModelDeaths Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<ModelDeaths>(File.ReadAllText(path)) ?? new ModelDeaths() : new ModelDeaths();
        }
        catch (JsonException)
        {
            return new ModelDeaths();
        }
    }

    public void Write(string path)
    {
        File.WriteAllText($"{path}.new", JsonSerializer.Serialize(this));
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>A process died in a call that this payment was the first of.</summary>
    public void Add(string version, string payment)
    {
        var before = Deaths.Find(death => death.Version == version && death.Payment == payment);
        Deaths.RemoveAll(death => death == before);
        Deaths.Add(new Death(version, payment, (before?.Count ?? 0) + 1));
        Deaths.RemoveRange(0, Math.Max(0, Deaths.Count - Max));
    }

    /// <returns>Payments that the model must not be asked for.</returns>
    public IEnumerable<string> DeadlyOf(string version) => Deaths.Where(death => death.Version == version && death.Count >= DeadlyFrom).Select(death => death.Payment);
}
