using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Decisions;
using StreamScoring.Expressions;
using StreamScoring.Logs;
using StreamScoring.Rules;

namespace StreamScoring.Simulation;

/// <summary>
/// Makes policies of what the simulated control log says, as a real process does: rules in their
/// own language, and settings as lines of <c>KEY=VALUE</c>.
/// </summary>
internal sealed class SimulatedPolicy(SimulationContext context) : IPolicyMaker
{
    /// <summary>What decides before anything is published.</summary>
    public static RiskThresholds FirstThresholds { get; } = new() { ChallengeFrom = 20, ReviewFrom = 50, BlockFrom = 80 };

    public static LogId ControlLog { get; } = new("eu", "control", 0);

    public static LogId ListLog { get; } = new("eu", "lists", 0);

    /// <summary>What currencies are worth before anything is published.</summary>
    public static CurrencyRates FirstRates { get; } = RatesFile.Parse("rates", "base: EUR\nrates: {JPY: 160}");

    /// <inheritdoc/>
    public CurrencyRates? RatesOf(string? published)
    {
        try
        {
            return published is null ? FirstRates : RatesFile.Parse("rates", published);
        }
        catch (InvalidInputFileException)
        {
            return null;
        }
    }

    /// <summary>
    /// By which rates features take amounts, by all that the control log ever says.
    /// </summary>
    public static RateSchedule ScheduleOf(SimulationContext context)
    {
        var (schedule, control, policy) = (RateSchedule.Of(FirstRates), ControlState.Empty, new SimulatedPolicy(context));
        foreach (var (offset, record) in context.HasPolicyLog ? context.Cluster.Input(ControlLog).Records.Index() : [])
        {
            try
            {
                var change = ControlChange.Read(record.Value);
                control = control.With(change, offset, record.TimestampMs, out var refusal);
                schedule = refusal is null && change.Parts.FirstOrDefault(part => part.Kind == ControlPart.Rates) is { } part && policy.RatesOf(part.Text) is { } rates
                    ? schedule.With(record.TimestampMs, rates) : schedule;
            }
            catch (JsonException)
            {
                // It is no change.
            }
        }

        return schedule;
    }

    /// <inheritdoc/>
    public PolicyParts Make(ControlState control)
    {
        ArgumentNullException.ThrowIfNull(control);
        if (control.TextOf(ControlPart.Rates) is { } published && RatesOf(published) is null)
        {
            throw new PolicyNotMadeException("these are no rates");
        }

        var model = new SimulatedModel(context.Features.Schema.Names);
        var rules = RulesOf(control);
        var stamp = new DecisionStamp(
            context.Features.Hash, rules?.File.Hash, model.Version, context.Features.Schema.Names, BudgetMs: 1000);
        return new PolicyParts(model, [], stamp, ThresholdsOf(control)) { Rules = rules };
    }

    /// <summary>The thresholds that are in force.</summary>
    public static RiskThresholds ThresholdsOf(ControlState control)
    {
        var thresholds = FirstThresholds;
        foreach (var line in (control.TextOf(ControlPart.Settings) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var value = int.Parse(line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
            thresholds = line.StartsWith("decide.reviewFrom", StringComparison.Ordinal) ? thresholds with { ReviewFrom = value } : thresholds with { BlockFrom = value };
        }

        return thresholds;
    }

    private PolicyRules? RulesOf(ControlState control)
    {
        if (control.TextOf(ControlPart.Rules) is not { } text)
        {
            return null;
        }

        var world = new RuleWorld(context.Features.Schema, context.Features.Layout.AttributeNames) { Shadows = [], Hashing = Identity.IdentityHash.Development };
        try
        {
            return new PolicyRules(RuleFiles.Parse("rules", text, world), world);
        }
        catch (InvalidInputFileException e)
        {
            throw new PolicyNotMadeException(e.Message, e);
        }
    }
}
