using System.Text.Json;
using System.Text.Json.Serialization;
using StreamScoring.Batches;

namespace StreamScoring.Quality;

/// <summary>
/// What was decided for a payment and by what, as far as the quality of decisions tells payments
/// apart. Many payments share one.
/// </summary>
/// <param name="Role">Of the model that gave the score; <see cref="NoRole"/> where none
/// did.</param>
/// <param name="Model">As metrics name it; empty where none gave a score.</param>
/// <param name="IsFlagged">Whether its score alone asks for more than to allow.</param>
/// <param name="Rules">That fired; null where they are not told (<see
/// cref="OutcomeIndex"/>).</param>
/// <param name="Shadows">That answered; null as rules.</param>
public sealed record PaymentOutcome(string Role, string Model, bool IsFlagged, DecisionAction Action, IReadOnlyList<FiredRule>? Rules, IReadOnlyList<ShadowVerdict>? Shadows)
{
    public const string NoRole = "none";

    private static readonly JsonSerializerOptions Options = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Equal where two outcomes are.</summary>
    internal string ToText() => JsonSerializer.Serialize(this, Options);

    /// <summary>
    /// Whether anything but the bare score has something to say against the payment. Of such
    /// payments all are held as long as there is room, as precision is counted among them.
    /// </summary>
    internal bool IsMarked { get; } = IsFlagged || Action != DecisionAction.Allow || Rules is { Count: > 0 } || Shadows?.Any(shadow => shadow.IsFlagged) == true;

    internal static PaymentOutcome Read(string text) =>
        JsonSerializer.Deserialize<PaymentOutcome>(text, Options) ?? throw new JsonException("null is no outcome");
}

/// <summary>A rule that fired for a payment.</summary>
public sealed record FiredRule(string Rule, string Action, bool IsShadow);

/// <summary>What a shadow model made of a payment.</summary>
/// <param name="IsFlagged">Whether its score alone asks for more than to allow.</param>
public sealed record ShadowVerdict(string Model, bool IsFlagged);
