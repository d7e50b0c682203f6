using System.Text;
using System.Text.Json.Nodes;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Files;

namespace StreamScoring.Host.Comparing;

/// <summary>
/// Compares models by what they made of live payments: shadows with what was decided, and the
/// models that decided with each other. Answers that came late are given first.
/// </summary>
/// <param name="thresholds">By which a shadow would have acted.</param>
/// <param name="labels">What is known of payments.</param>
/// <param name="nowMs">What is known later than this is not known, ms since the Unix epoch.</param>
internal sealed class ModelComparison(RiskThresholds thresholds, FinalLabels labels, long nowMs)
{
    private readonly Dictionary<DecisionSource, List<(string Model, double Probability)>> _late = [];
    private readonly SortedDictionary<string, ShadowTally> _shadows = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(string Role, string Model), RoleTally> _roles = [];

    /// <summary>Payments, those that came again aside.</summary>
    public long Payments { get; private set; }

    /// <summary>Of them, those that no model gave a number.</summary>
    public long Unscored { get; private set; }

    /// <summary>Of them, those that have a label.</summary>
    public long Labelled { get; private set; }

    public IReadOnlyDictionary<string, ShadowTally> Shadows => _shadows;

    public IReadOnlyDictionary<(string Role, string Model), RoleTally> Roles => _roles;

    /// <summary>An answer of the topic. One that stands there twice counts once.</summary>
    public void AddLate(ShadowAnswer answer)
    {
        if (!_late.TryGetValue(answer.Decision, out var answers))
        {
            _late[answer.Decision] = answers = [];
        }

        if (answers.TrueForAll(other => other.Model != answer.Model))
        {
            answers.Add((answer.Model, answer.Probability));
        }
    }

    public void Add(DecisionRecord decision)
    {
        const string Duplicate = "duplicate", Rules = "rules/", StandIn = "stand_in";
        if (decision.DecidedBy == Duplicate)
        {
            return;
        }

        Payments++;
        bool? isFraud = labels.Of(Encoding.UTF8.GetBytes(decision.PaymentId), decision.EventTimeMs, exactly: true) is { } label && label.KnownAtMs <= nowMs ? label.Fraud : null;
        Labelled += isFraud is null ? 0 : 1;
        Unscored += decision.Role is null ? 1 : 0;
        if (decision.Role is { } role)
        {
            var key = (role, $"{decision.ModelName}@{decision.ModelVersion}");
            if (!_roles.TryGetValue(key, out var tally))
            {
                _roles[key] = tally = new RoleTally();
            }

            tally.Add(decision.Score, decision.Action, decision.Flags.Contains(StandIn), isFraud);
        }

        var isByThresholds = decision.DecidedBy?.StartsWith(Rules, StringComparison.Ordinal) != true;
        foreach (var shadow in decision.Shadow)
        {
            if (shadow.Probability is { } probability)
            {
                Of(shadow.Model).Add(probability, isLate: false, decision.Score, decision.Action, isByThresholds, isFraud);
            }
        }

        if (_late.Remove(decision.Source, out var late))
        {
            foreach (var (model, probability) in late)
            {
                Of(model).Add(probability, isLate: true, decision.Score, decision.Action, isByThresholds, isFraud);
            }
        }
    }

    public JsonObject ToJson() => new()
    {
        ["payments"] = Payments,
        ["labelled"] = Labelled,
        ["unscored"] = Unscored,
        ["roles"] = new JsonArray([.. _roles.Select(role => new JsonObject
        {
            ["role"] = role.Key.Role,
            ["model"] = role.Key.Model,
            ["payments"] = role.Value.Payments,
            ["stand_ins"] = role.Value.StandIns,
            ["actions"] = new JsonObject(role.Value.Actions.Select(action => KeyValuePair.Create(action.Key, (JsonNode?)action.Value))),
            ["scores"] = JsonOf(role.Value.Scores),
            ["labelled"] = role.Value.Labelled,
            ["precision"] = role.Value.Flags.Precision,
            ["recall"] = role.Value.Flags.Recall,
        })]),
        ["shadows"] = new JsonArray([.. _shadows.Select(shadow => new JsonObject
        {
            ["model"] = shadow.Key,
            ["answers"] = shadow.Value.Answers,
            ["late"] = shadow.Value.Late,
            ["coverage"] = Payments == 0 ? null : (double)shadow.Value.Answers / Payments,
            ["compared"] = shadow.Value.Compared,
            ["agreement"] = shadow.Value.Compared == 0 ? null : (double)shadow.Value.Same / shadow.Value.Compared,
            ["actions"] = new JsonObject(shadow.Value.Actions.GroupBy(pair => pair.Key.Champion).Select(decided => KeyValuePair.Create(
                decided.Key, (JsonNode?)new JsonObject(decided.Select(pair => KeyValuePair.Create(pair.Key.Shadow, (JsonNode?)pair.Value)))))),
            ["scores"] = JsonOf(shadow.Value.Scores),
            ["decided_scores"] = JsonOf(shadow.Value.DecidedScores),
            ["labelled"] = shadow.Value.Labelled,
            ["frauds"] = shadow.Value.Shadow.Frauds,
            ["precision"] = shadow.Value.Shadow.Precision,
            ["recall"] = shadow.Value.Shadow.Recall,
            ["decided_precision"] = shadow.Value.Decided.Precision,
            ["decided_recall"] = shadow.Value.Decided.Recall,
        })]),
    };

    private static JsonArray JsonOf(ScoreBins scores) => [.. scores.Counts.Select(count => (JsonNode)count)];

    private ShadowTally Of(string model)
    {
        if (!_shadows.TryGetValue(model, out var tally))
        {
            _shadows[model] = tally = new ShadowTally(thresholds);
        }

        return tally;
    }
}
