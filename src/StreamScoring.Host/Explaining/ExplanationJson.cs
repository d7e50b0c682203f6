using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using StreamScoring.Contracts;
using StreamScoring.Drift;

namespace StreamScoring.Host.Explaining;

/// <summary>
/// An explanation as JSON: the decision's own, in which each feature has beside its value what it
/// looks at and where the value lies, and each rule whether it fired and what it saw.
/// </summary>
internal static class ExplanationJson
{
    public static JsonObject Of(Explanation explanation)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            DecisionJson.Write(writer, explanation.Decision);
        }

        var json = JsonNode.Parse(buffer.WrittenSpan)!.AsObject();
        json["features"] = new JsonObject(explanation.Features.Select(feature => KeyValuePair.Create(feature.Name, (JsonNode?)Feature(feature))));
        json["rules"] = new JsonArray([.. explanation.Rules.Select(Rule)]);
        return json;
    }

    private static JsonObject Feature(ExplainedFeature feature) => new()
    {
        ["value"] = Value(feature.Value),
        ["entity"] = feature.Entity,
        ["window"] = feature.Window is { } window ? WindowText.Of(window) : null,
        ["delay"] = feature.Window is { } behind ? WindowText.DelayOf(behind) : null,
        ["histogram"] = feature.Histogram is { } histogram ? Histogram(feature, histogram) : null,
    };

    private static JsonObject Histogram(ExplainedFeature feature, ReferenceHistogram histogram) => new()
    {
        ["below"] = feature.Place?.Below,
        ["within"] = feature.Place?.Within,
        ["outside"] = feature.Place?.IsOutside,
        ["smallest"] = Value(histogram.Smallest),
        ["largest"] = Value(histogram.Largest),
        ["missing"] = Value(histogram.Missing),
    };

    private static JsonObject Rule(ExplainedRule rule) => new()
    {
        ["rule"] = rule.Rule.Name,
        ["action"] = rule.Rule.ActionName,
        ["shadow"] = rule.Rule.IsShadow,
        ["fired"] = rule.Fired,
        ["values"] = new JsonObject(rule.Values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)Value(value.Value)))),
    };

    private static JsonValue? Value(object? value) => value switch
    {
        double number when double.IsFinite(number) => JsonValue.Create(number),
        bool truth => JsonValue.Create(truth),
        string text => JsonValue.Create(CardNumber.Mask(text)),
        _ => null,
    };
}
