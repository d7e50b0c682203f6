using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>The names of a decision's fields in JSON. They are a contract.</summary>
internal static class DecisionJsonNames
{
    public static readonly JsonEncodedText DecisionId = JsonEncodedText.Encode("decision_id");
    public static readonly JsonEncodedText PaymentId = JsonEncodedText.Encode("payment_id");
    public static readonly JsonEncodedText Source = JsonEncodedText.Encode("source");
    public static readonly JsonEncodedText Region = JsonEncodedText.Encode("region");
    public static readonly JsonEncodedText Topic = JsonEncodedText.Encode("topic");
    public static readonly JsonEncodedText TopicId = JsonEncodedText.Encode("topic_id");
    public static readonly JsonEncodedText Partition = JsonEncodedText.Encode("partition");
    public static readonly JsonEncodedText Offset = JsonEncodedText.Encode("offset");
    public static readonly JsonEncodedText EventTime = JsonEncodedText.Encode("event_time");
    public static readonly JsonEncodedText LogTime = JsonEncodedText.Encode("log_time");
    public static readonly JsonEncodedText ReceivedAt = JsonEncodedText.Encode("received_at");
    public static readonly JsonEncodedText DecidedAt = JsonEncodedText.Encode("decided_at");
    public static readonly JsonEncodedText Action = JsonEncodedText.Encode("action");
    public static readonly JsonEncodedText Score = JsonEncodedText.Encode("score");
    public static readonly JsonEncodedText Level = JsonEncodedText.Encode("level");
    public static readonly JsonEncodedText Probability = JsonEncodedText.Encode("probability");
    public static readonly JsonEncodedText Raw = JsonEncodedText.Encode("raw");
    public static readonly JsonEncodedText Rung = JsonEncodedText.Encode("rung");
    public static readonly JsonEncodedText Model = JsonEncodedText.Encode("model");
    public static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    public static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
    public static readonly JsonEncodedText Engine = JsonEncodedText.Encode("engine");
    public static readonly JsonEncodedText Shadow = JsonEncodedText.Encode("shadow");
    public static readonly JsonEncodedText Rules = JsonEncodedText.Encode("rules");
    public static readonly JsonEncodedText ShadowRules = JsonEncodedText.Encode("shadow_rules");
    public static readonly JsonEncodedText Reasons = JsonEncodedText.Encode("reasons");
    public static readonly JsonEncodedText Feature = JsonEncodedText.Encode("feature");
    public static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");
    public static readonly JsonEncodedText Contribution = JsonEncodedText.Encode("contribution");
    public static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    public static readonly JsonEncodedText Features = JsonEncodedText.Encode("features");
    public static readonly JsonEncodedText FeatureFile = JsonEncodedText.Encode("feature_file");
    public static readonly JsonEncodedText RuleFile = JsonEncodedText.Encode("rule_file");
    public static readonly JsonEncodedText Config = JsonEncodedText.Encode("config");
    public static readonly JsonEncodedText Policy = JsonEncodedText.Encode("policy");
    public static readonly JsonEncodedText DecidedBy = JsonEncodedText.Encode("decided_by");
    public static readonly JsonEncodedText Role = JsonEncodedText.Encode("role");
    public static readonly JsonEncodedText Flags = JsonEncodedText.Encode("flags");
    public static readonly JsonEncodedText Bounds = JsonEncodedText.Encode("bounds");
    public static readonly JsonEncodedText StalenessSeconds = JsonEncodedText.Encode("staleness_seconds");
    public static readonly JsonEncodedText TimingsMs = JsonEncodedText.Encode("timings_ms");
    public static readonly JsonEncodedText Queued = JsonEncodedText.Encode("queued");
    public static readonly JsonEncodedText Decide = JsonEncodedText.Encode("decide");
    public static readonly JsonEncodedText Total = JsonEncodedText.Encode("total");
}
