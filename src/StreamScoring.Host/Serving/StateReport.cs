using System.Globalization;
using System.Text.Json.Serialization;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>What <c>/state</c> answers. The names are a contract.</summary>
/// <param name="Vector">By log: the next offset that the state does not hold.</param>
/// <param name="Digest">32 hexadecimal digits; equal where states are.</param>
/// <param name="Identity">Fingerprint of the secret by which ids are hashed: with another one
/// digests differ.</param>
/// <param name="Owned">Payments logs that this process decides.</param>
/// <param name="StalenessSeconds">By followed region; null where it was never seen whole.</param>
internal sealed record StateReport(
    [property: JsonPropertyName("vector")] IReadOnlyDictionary<string, long> Vector,
    [property: JsonPropertyName("digest")] string Digest,
    [property: JsonPropertyName("identity")] string Identity,
    [property: JsonPropertyName("owned")] IReadOnlyList<string> Owned,
    [property: JsonPropertyName("staleness_seconds")] IReadOnlyDictionary<string, double?> StalenessSeconds)
{
    /// <summary>A digest as it is written everywhere.</summary>
    public static string Text(UInt128 digest) => digest.ToString("x32", CultureInfo.InvariantCulture);

    /// <param name="cancel">Nobody waits for it any more.</param>
    /// <returns>Null where no graph runs.</returns>
    public static async Task<StateReport?> OfAsync(ServingProcess process, CancellationToken cancel)
    {
        if (process is not { Pipeline: { } pipeline, Source: { } source })
        {
            return null;
        }

        var (vector, digest) = await pipeline.Digest.GetAsync(cancel);
        return new StateReport(
            vector.OrderBy(log => log.Key).ToDictionary(log => log.Key.ToString(), log => log.Value),
            Text(digest),
            pipeline.State.Identity,
            [.. source.Owned.Where(log => process.Logs.KindOf(process.Logs.IndexOf(log)) == LogKind.Payments).Select(log => log.ToString())],
            pipeline.Coverage.StalenessNow());
    }
}
