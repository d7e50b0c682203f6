using System.Text;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// A record of the compacted topic of models: a slice of the archive of one version. The key names
/// the version and the slice, so that one that is published again takes its place.
/// </summary>
/// <remarks>
/// Key: <c>["&lt;64 digits&gt;",0]</c>. Value: bytes of the archive (tar), <see cref="BytesMax"/>
/// each but for the last slice.
/// </remarks>
public static class ModelChunk
{
    /// <summary>A slice has so many bytes.</summary>
    public const int BytesMax = 900 * 1024;

    /// <summary>How many slices an archive has.</summary>
    /// <param name="bytes">Of it, 1 at the least.</param>
    public static int CountOf(long bytes) => checked((int)((bytes + BytesMax - 1) / BytesMax));

    /// <summary>How many bytes a slice has.</summary>
    /// <param name="bytes">Of the archive.</param>
    public static int BytesOf(long bytes, int index) => (int)Math.Min(BytesMax, bytes - ((long)index * BytesMax));

    /// <param name="version">64 hexadecimal digits.</param>
    public static byte[] KeyOf(string version, int index) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new object[] { version, index }));

    /// <returns>The slice's number; -1 for a record of another version, or that is none.</returns>
    public static int IndexIn(ReadOnlyMemory<byte> key, string version)
    {
        try
        {
            return JsonFields.Read(key, root => root.ValueKind == JsonValueKind.Array && root.GetArrayLength() == 2 && root[0].ValueKind == JsonValueKind.String && root[0].ValueEquals(version)
                && root[1].ValueKind == JsonValueKind.Number && root[1].TryGetInt32(out var index) && index >= 0 ? index : -1);
        }
        catch (JsonException)
        {
            return -1;
        }
    }
}
