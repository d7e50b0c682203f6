using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Rules;

namespace StreamScoring.Host.Serving;

/// <summary>The rules that a topology names, and the lists that they look at.</summary>
internal static class RuleArtifacts
{
    /// <summary>
    /// The rules that the control log put in force, else those of the topology's file. Lists are
    /// the log's, and any may be named.
    /// </summary>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="InvalidInputFileException">They are wrong.</exception>
    public static PolicyRules? OfLog(Topology topology, FeatureFile features, IReadOnlyList<string> models, IReadOnlyList<string> shadowIds, ControlState control)
    {
        var world = WorldOf(topology, features, models, shadowIds, control.TextOf(ControlPart.Rates));
        return control.TextOf(ControlPart.Rules) is { } text ? new PolicyRules(RuleFiles.Parse("the published rules", text, world), world)
            : topology.RuleFile is { } path ? new PolicyRules(RuleFiles.Load(path, world), world)
            : null;
    }

    /// <summary>What published rules are checked against.</summary>
    /// <param name="rates">Published rates; null: those of the topology's file.</param>
    public static RuleWorld WorldOf(Topology topology, FeatureFile features, IReadOnlyList<string> models, IReadOnlyList<string> shadowIds, string? rates) => new(features.Schema, features.Layout.AttributeNames)
    {
        Models = models,
        Shadows = shadowIds,
        Hashing = topology.Identity,
        Rates = RatesOf(topology, rates),
    };

    /// <summary>Published rates; where none are, those of the topology's file.</summary>
    /// <returns>Null where there are neither.</returns>
    /// <exception cref="InvalidInputFileException">They are wrong.</exception>
    public static CurrencyRates? RatesOf(Topology topology, string? published) =>
        published is not null ? RatesFile.Parse("the published rates", published) : topology.RatesFile is { } path ? RatesFile.Load(path) : null;

    /// <returns>Null where the text is no rates: why is said where a policy cannot be made of
    /// them.</returns>
    public static CurrencyRates? PublishedRates(string text)
    {
        try
        {
            return RatesFile.Parse("the published rates", text);
        }
        catch (InvalidInputFileException)
        {
            return null;
        }
    }

    /// <param name="models">Names of those that may decide, in their order.</param>
    /// <param name="shadowIds">Of the shadow models, in their order.</param>
    /// <param name="rates">Of the topology's file; null: none.</param>
    /// <param name="before">What was read before: lists whose files are the same are kept.</param>
    /// <returns>Null where the topology names no rules.</returns>
    /// <exception cref="InvalidInputFileException">A file is wrong.</exception>
    public static PolicyRules? Load(Topology topology, FeatureFile features, IReadOnlyList<string> models, IReadOnlyList<string> shadowIds, CurrencyRates? rates, PolicyRules? before)
    {
        if (topology.RuleFile is not { } path)
        {
            return null;
        }

        var files = new ListFiles(topology.ListFolder);
        var world = new RuleWorld(features.Schema, features.Layout.AttributeNames) { ListNames = files.Names, Models = models, Shadows = shadowIds, Rates = rates };
        var rules = RuleFiles.Load(path, world);
        var lists = rules.Uses.Lists.ToDictionary(
            list => list.Key, list => files.Load(list.Key, list.Value, before?.World.Lists?.GetValueOrDefault(list.Key)), StringComparer.Ordinal);
        return new PolicyRules(rules, world with { Lists = lists });
    }
}
