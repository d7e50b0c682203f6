using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// What a shadow model made of a payment whose decision did not wait for it: a record of the topic
/// <c>shadow</c>, under the decision's id (docs/wire-format.md, Answers of shadows).
/// </summary>
/// <param name="Decision">Where the payment was read: what the decision is known by.</param>
/// <param name="Model">As decisions name a shadow.</param>
/// <param name="Probability">In [0, 1].</param>
public sealed record ShadowAnswer(DecisionSource Decision, string PaymentId, string Model, double Probability)
{
    /// <exception cref="JsonException">The bytes are no answer.</exception>
    public static ShadowAnswer Read(ReadOnlyMemory<byte> value) => JsonFields.Read(value, root => new ShadowAnswer(
        DecisionSource.TryParse(root.Text("decision_id"), out var decision) ? decision : throw new JsonException("decision_id is no position"),
        root.Text("payment_id"), root.Text("model"), root.Number("probability") ?? throw new JsonException("probability is null")));

    /// <summary>Writes one as JSON.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> decisionId, ReadOnlySpan<byte> paymentId, string model, double probability)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("decision_id", decisionId);
        json.WriteString("payment_id", paymentId);
        json.WriteString("model", model);
        json.WriteNumber("probability", probability);
        json.WriteEndObject();
        json.Flush();
    }
}
