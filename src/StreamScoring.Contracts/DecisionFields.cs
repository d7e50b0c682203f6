using static StreamScoring.Contracts.DecisionKind;

namespace StreamScoring.Contracts;

/// <summary>
/// The table of a decision's fields, in the order of its JSON. By it JSON is written and read, and
/// docs/wire-format.md shows it. A new field is a line at the end, with the next position and
/// <c>IsLater</c>. Three places have a type for each field and stay by hand:
/// <see cref="DecisionRecord"/>, <see cref="DecisionMessagePack"/> and <c>DecisionEncoder</c>.
/// Tests fail until they agree with the table.
/// </summary>
internal static class DecisionFields
{
    public static readonly DecisionField[] InJsonOrder =
    [
        new(1, "decision_id", Id, d => d.Source.ToString(), "the source as `region/topic/partition/offset`"),
        new(2, "payment_id", Text, d => d.PaymentId, "the payment's id"),
        new(1, "source", Group, d => (object?[])[d.Source.Region, d.Source.Topic, d.Source.Partition, d.Source.Offset, d.SourceTopicId],
            "where the payment was read; `topic_id` is also absent if it is not known", Parts:
            [Part(0, "region", Text), Part(1, "topic", Text), Part(2, "partition", Integer), Part(3, "offset", Long), Part(4, "topic_id", Text, isLater: true)]),
        new(3, "event_time", Time, d => d.EventTimeMs, "when the payment happened, as it says"),
        new(4, "log_time", Time, d => d.LogTimestampMs, "the timestamp of the payment's record"),
        new(5, "received_at", Time, d => d.ReceivedAtMs, "when the pipeline took the payment"),
        new(6, "decided_at", Time, d => d.DecidedAtMs, "when it was decided"),
        new(7, "action", Text, d => d.Action, "`allow`, `challenge`, `review` or `block`"),
        new(8, "score", Integer, d => d.Score, "0 to 99"),
        new(9, "level", Text, d => d.Level, "`normal`, `elevated` or `highest`"),
        new(10, "probability", Number, d => d.Probability, "calibrated probability of fraud; null if the model gave none"),
        new(11, "raw", Number, d => d.Raw, "the model's own output"),
        new(12, "rung", Text, d => d.Rung, "how much of the ladder was used: `full`, `small` or `rules`"),
        new(13, "model", Group, d => (object?[])[d.ModelName, d.ModelVersion, d.Engine], "the model that gave the score, and where none did (`role` is null) the champion; the engine is `onnxruntime` or `trees` ([models](models.md#what-evaluates-a-model))", Parts:
            [Part(0, "name", Text), Part(1, "version", Hash), Part(2, "engine", Text)]),
        new(18, "shadow", Groups, d => d.Shadow.Select(s => (object?[])[s.Model, s.Probability]),
            "the card's name, `@` and twelve digits of the file's hash; models without an answer are left out", Parts:
            [Part(0, "model", Text), Part(1, "probability", Number)]),
        new(15, "rules", Texts, d => d.Rules, "names of the rules that fired"),
        new(16, "shadow_rules", Texts, d => d.ShadowRules, "names of the shadow rules that fired"),
        new(17, "reasons", Groups, d => d.Reasons.Select(r => (object?[])[r.Feature, r.Value, r.Contribution, r.Text]),
            "the strongest first ([reasons](models.md#reasons-how-contributions-are-computed))", Parts:
            [Part(0, "feature", Text), Part(1, "value", Number), Part(2, "contribution", Number), Part(3, "text", Text)]),
        new(14, "features", Values, d => d.Features, "in the order of the feature file; a missing value is null, and MessagePack has a whole number as integer"),
        new(19, "feature_file", Hash, d => d.FeatureFile, "hash of the feature file"),
        new(20, "rule_file", Hash, d => d.RuleFile, "hash of the rule file", IsNullable: true),
        new(21, "config", Hash, d => d.Config, "hash of the topology's text and `--set` as the process read them at its start ([while running](topology.md#while-running))"),
        new(22, "flags", Texts, d => d.Flags,
            "`late`, `unscored`, `duplicate`, `approximate` ([memory](features.md#memory), [hot keys](features.md#hot-keys)), `conflicting_id` ([below](#which-payments-are-the-same)), `stand_in` ([another model](models.md#when-a-model-fails) than the one that was asked gave the score)"),
        new(25, "bounds", Numbers, d => Pairs(d.Bounds), "of an `approximate` decision: how far each feature may be off; null if that is not known", IsLater: true),
        new(23, "staleness_seconds", Numbers, d => Pairs(d.StalenessSeconds), "by followed region: how far behind its logs were"),
        new(24, "timings_ms", Group, d => (object?[])[d.TimingsMs.Queued, d.TimingsMs.Features, d.TimingsMs.Score, d.TimingsMs.Decide, d.TimingsMs.Total],
            "`queued` and `total` begin at the record's timestamp; the others are steps", Parts:
            [Part(0, "queued", Duration), Part(1, "features", Duration), Part(2, "score", Duration), Part(3, "decide", Duration), Part(4, "total", Duration)]),
        new(26, "policy", Hash, d => d.Policy, "hash of the models, thresholds and reasons that decided ([while running](topology.md#while-running))", IsNullable: true, IsLater: true),
        new(27, "decided_by", Text, d => d.DecidedBy, "`rules/NAME`, `thresholds`, `unscored` (no model gave a number) or `duplicate` (the first decision again)", IsNullable: true, IsLater: true),
        new(28, "role", Text, d => d.Role, "role of the model that gave the score: `champion`, `canary` or `fallback` ([models](models.md#models-by-role)); null where none did", IsNullable: true, IsLater: true),
    ];

    /// <summary>The elements of the MessagePack array behind the version.</summary>
    public static readonly DecisionField[] ByPosition = [.. InJsonOrder.Where(field => field.Kind != Id).OrderBy(field => field.Position)];

    private static DecisionField Part(int position, string name, DecisionKind kind, bool isLater = false) => new(position, name, kind, _ => null, "", IsLater: isLater);

    private static IEnumerable<KeyValuePair<string, object?>> Pairs<T>(IReadOnlyList<KeyValuePair<string, T>> pairs) =>
        pairs.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value));
}
