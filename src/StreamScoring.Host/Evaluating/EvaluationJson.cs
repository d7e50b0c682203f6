using System.Text.Json.Nodes;
using StreamScoring.Contracts;
using StreamScoring.Training.Evaluating;

namespace StreamScoring.Host.Evaluating;

/// <summary>An evaluation as scripts read it: one object.</summary>
internal static class EvaluationJson
{
    /// <summary>Measures that are drawn, by name, in their order.</summary>
    public static IReadOnlyList<string> Drawn { get; } = ["average_precision", "auc"];

    public static JsonObject Of(EvaluationResult result)
    {
        var json = Of(result.Whole, result.K);
        json["thresholds"] = new JsonArray([.. result.Whole.Thresholds.Select(Threshold)]);
        json["intervals"] = new JsonObject(result.Intervals.Select(interval => KeyValuePair.Create(interval.Key, (JsonNode?)Pair(interval.Value))));
        json["model"] = result.Model;
        json["unlabelled"] = result.Unlabelled;
        json["unscored"] = result.Unscored;
        if (result.FirstUnscored is { } first)
        {
            json["first_unscored"] = first;
        }

        if (result.Whole.CardPrecision is { } days)
        {
            json["card_precision_by_day"] = new JsonObject(days.Select(day => KeyValuePair.Create(DayOf(day.Day), (JsonNode?)day.Precision)));
        }

        if (result.Segments.Count > 0)
        {
            json["segments"] = new JsonArray([.. result.Segments.Select(segment => Segment(segment, result.K))]);
        }

        if (result.Comparison is { } comparison)
        {
            var other = Of(comparison.Other, result.K);
            other["model"] = comparison.Model;
            other["differences"] = new JsonObject(comparison.Differences.Select(difference => KeyValuePair.Create(
                difference.Key, (JsonNode?)new JsonObject { ["difference"] = difference.Value.Difference, ["interval"] = difference.Value.Interval is { } interval ? Pair(interval) : null })));
            json["compare"] = other;
        }

        return json;
    }

    /// <summary>A day as people write it.</summary>
    /// <param name="day">Since the Unix epoch.</param>
    public static string DayOf(int day) => DateTime.UnixEpoch.AddDays(day).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static JsonObject Of(Evaluation evaluation, int k)
    {
        var json = new JsonObject { ["rows"] = evaluation.Rows, ["frauds"] = evaluation.Frauds, ["auc"] = evaluation.AreaUnderRoc, ["average_precision"] = evaluation.AveragePrecision };
        if (evaluation.MeanCardPrecision is { } value)
        {
            json["card_precision_at_k"] = new JsonObject { ["k"] = k, ["value"] = value };
        }

        json["brier"] = evaluation.Brier;
        json["calibration_error"] = evaluation.CalibrationError;
        return json;
    }

    private static JsonObject Threshold(ThresholdRow row)
    {
        var json = new JsonObject { ["score"] = row.Score, ["precision"] = row.Precision, ["recall"] = row.Recall, ["flagged"] = row.Flagged };
        if (row.Money is { } money)
        {
            (json["fraud_amount"], json["genuine_amount"]) = (money.Fraud, money.Genuine);
        }

        return json;
    }

    private static JsonObject Segment((string Column, string Value, Evaluation Evaluation) segment, int k)
    {
        var json = Of(segment.Evaluation, k);
        // A value may be anything, a card number too.
        json["column"] = segment.Column;
        json["value"] = CardNumber.Mask(segment.Value);
        return json;
    }

    private static JsonArray Pair((double Low, double High) interval) => [interval.Low, interval.High];
}
