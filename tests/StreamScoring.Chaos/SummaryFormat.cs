using System.Text.Encodings.Web;
using System.Text.Json;

namespace StreamScoring.Chaos;

/// <summary>How the summary is written.</summary>
internal static class SummaryFormat
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // For people's eyes and pipes, not for pages.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
