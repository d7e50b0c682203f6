namespace StreamScoring.Contracts;

/// <summary>
/// A decision as a reader sees it: enough to explain it and to score the payment again without any
/// other system.
/// </summary>
public sealed record DecisionRecord
{
    /// <summary>
    /// Where the payment was read: with it the decision's id is
    /// <c>region/topic/partition/offset</c>.
    /// </summary>
    public required DecisionSource Source { get; init; }

    /// <summary>
    /// The id of the topic that <see cref="Source"/> names; null where the brokers did not tell,
    /// and in decisions of older releases.
    /// </summary>
    public string? SourceTopicId { get; init; }

    public required string PaymentId { get; init; }

    /// <summary>The payment's event time, ms since the Unix epoch, UTC.</summary>
    public required long EventTimeMs { get; init; }

    /// <summary>The payment record's own timestamp in its log, ms since the Unix epoch.</summary>
    public required long LogTimestampMs { get; init; }

    /// <summary>When the pipeline took the payment, ms since the Unix epoch.</summary>
    public required long ReceivedAtMs { get; init; }

    public required long DecidedAtMs { get; init; }

    /// <summary>allow, challenge, review or block.</summary>
    public required string Action { get; init; }

    /// <summary>0–99.</summary>
    public required int Score { get; init; }

    /// <summary>normal, elevated or highest.</summary>
    public required string Level { get; init; }

    /// <summary>Calibrated probability of fraud in [0, 1]; null where no model gave one.</summary>
    public required double? Probability { get; init; }

    /// <summary>The model's own output, before link and calibration; null as above.</summary>
    public required double? Raw { get; init; }

    /// <summary>How much of the ladder was used: full, small or rules.</summary>
    public required string Rung { get; init; }

    public required string ModelName { get; init; }

    public required string ModelVersion { get; init; }

    public required string Engine { get; init; }

    /// <summary>
    /// Feature values by name, in feature-file order: a double (null when missing) or a string.
    /// </summary>
    public required IReadOnlyList<KeyValuePair<string, object?>> Features { get; init; }

    public IReadOnlyList<string> Rules { get; init; } = [];

    public IReadOnlyList<string> ShadowRules { get; init; } = [];

    public IReadOnlyList<DecisionReason> Reasons { get; init; } = [];

    public IReadOnlyList<ShadowScore> Shadow { get; init; } = [];

    public required string FeatureFile { get; init; }

    /// <summary>Null where the topology names no rule file.</summary>
    public required string? RuleFile { get; init; }

    public required string Config { get; init; }

    /// <summary>late, unscored, duplicate (the payment was published before: this is its first
    /// decision again), approximate (a feature may lack events, or count too many); later releases
    /// add more.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>By followed region: how far behind its log was.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> StalenessSeconds { get; init; } = [];

    public required DecisionTimings TimingsMs { get; init; }

    /// <summary>
    /// Of an approximate decision: the features that are not exact, and how far each may be off;
    /// null where that is not known.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, double?>> Bounds { get; init; } = [];

    /// <summary>
    /// What decided, as a whole: <c>sha256:</c> and the hash of models, thresholds and reasons.
    /// Null in decisions of older releases.
    /// </summary>
    public string? Policy { get; init; }

    /// <summary>
    /// thresholds, unscored or duplicate; later releases add more. Null in decisions of older
    /// releases.
    /// </summary>
    public string? DecidedBy { get; init; }

    /// <summary>
    /// As what the model gave the score: champion; later releases add more. Null where none did,
    /// and in decisions of older releases.
    /// </summary>
    public string? Role { get; init; }
}
