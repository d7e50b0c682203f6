using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Decisions;
using StreamScoring.Drift;
using StreamScoring.Expressions;
using StreamScoring.Lists;
using StreamScoring.Rules;
using StreamScoring.Scoring;

namespace StreamScoring;

/// <summary>What a policy is made of.</summary>
/// <param name="Champion">The model that decides.</param>
/// <param name="Columns">For each input of the champion, the column of the features.</param>
/// <param name="Stamp">What decisions name.</param>
public sealed record PolicyParts(IFraudModel Champion, IReadOnlyList<int> Columns, DecisionStamp Stamp, RiskThresholds Thresholds)
{
    /// <summary>
    /// Models that may decide beside the champion: canary, the one before, fallback.
    /// </summary>
    public IReadOnlyList<ServedModel> Others { get; init; } = [];

    /// <summary>Which payments are the canary's; null where there is none.</summary>
    public CanaryShare? Canary { get; init; }

    /// <summary>All models that may decide, in the order of their roles.</summary>
    public IReadOnlyList<ServedModel> Models => [.. Others.Append(new ServedModel(ModelRole.Champion, Champion, Columns)).OrderBy(served => served.Role)];

    /// <summary>
    /// Whether payments get less of a model where their budget asks for it
    /// (<see cref="DeadlineLadder"/>).
    /// </summary>
    public bool HasLadder { get; init; }

    /// <summary>Null: nobody counts what the models decide.</summary>
    public ModelMeters? ModelMeters { get; init; }

    /// <summary>Null: nobody watches the models for drift.</summary>
    public DriftTap? Drift { get; init; }

    /// <summary>Models that score beside the champion.</summary>
    public ShadowOptions Shadows { get; init; } = ShadowOptions.None;

    public ReasonOptions Reasons { get; init; } = ReasonOptions.None;

    /// <summary>
    /// By which features take amounts, where no log says so; null: by none. It changes what is
    /// folded, and not what decides.
    /// </summary>
    public CurrencyRates? FoldedRates { get; init; }

    /// <summary>Null: the thresholds decide.</summary>
    public PolicyRules? Rules { get; init; }

    /// <summary>
    /// What the policy lets go of when its last batch has left it, such as a hold on the models;
    /// null: nothing.
    /// </summary>
    public IDisposable? Held { get; init; }

    /// <summary>
    /// <c>sha256:</c> and the hash of what can change a decision: two policies of one id decide
    /// alike.
    /// </summary>
    public string Id => IdBy(Rules?.World.Lists);

    /// <summary>The same where the lists are others than the policy's own.</summary>
    /// <param name="lists">By name; null: all are empty.</param>
    public string IdBy(IReadOnlyDictionary<string, EntryList>? lists)
    {
        string[] lines =
        [
            $"features {Stamp.FeatureFile}",
            $"champion {Champion.Name} {Champion.Version} {Champion.Engine}",
            .. Others.OrderBy(served => served.Role).Select(served => $"{served.Role} {served.Model.Name} {served.Model.Version} {served.Model.Engine}"),
            .. Canary is { } canary ? [string.Create(CultureInfo.InvariantCulture, $"share {canary.Percent} by {canary.By}")] : (string[])[],
            .. Shadows.Models.Select(shadow => $"shadow {shadow.Model.Name} {shadow.Model.Version} {shadow.Model.Engine}"),
            $"rules {Stamp.RuleFile ?? "none"}",
            .. Rules?.File.Uses.Lists.Keys.Order(StringComparer.Ordinal).Select(name => $"list {name} {(lists?.GetValueOrDefault(name) is { Count: > 0 } list ? list.Hash : "empty")}") ?? [],
            .. Rules?.World.Rates is { } rates ? [$"rates {rates.Hash}"] : (string[])[],
            $"thresholds {Thresholds.ChallengeFrom} {Thresholds.ReviewFrom} {Thresholds.BlockFrom} {Thresholds.ElevatedFrom} {Thresholds.HighestFrom} {Thresholds.UnscoredAction}",
            $"reasons {Reasons.From} {Reasons.Max}",
            string.Create(CultureInfo.InvariantCulture, $"budget {Stamp.BudgetMs}"),
            .. HasLadder ? ["ladder"] : (string[])[],
        ];
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    /// <summary>
    /// True where lanes of the other policy score as this one's would: what differs is decided
    /// behind them.
    /// </summary>
    public bool ScoresLike(PolicyParts other) =>
        Models.SequenceEqual(other.Models, SameModels) && (Canary?.Percent, Canary?.By) == (other.Canary?.Percent, other.Canary?.By) && Reasons == other.Reasons && Shadows.WaitMax == other.Shadows.WaitMax
        && HasLadder == other.HasLadder && (!HasLadder || Stamp.BudgetMs == other.Stamp.BudgetMs)
        // What a shadow would do is counted where it scores.
        && (Shadows.Models.Count == 0 || Thresholds == other.Thresholds)
        && Shadows.Models.Select(shadow => (shadow.Id, shadow.Model)).SequenceEqual(other.Shadows.Models.Select(shadow => (shadow.Id, shadow.Model)));

    private static readonly IEqualityComparer<ServedModel> SameModels = EqualityComparer<ServedModel>.Create(
        (one, other) => one!.Role == other!.Role && ReferenceEquals(one.Model, other.Model) && one.Columns.SequenceEqual(other.Columns));
}
