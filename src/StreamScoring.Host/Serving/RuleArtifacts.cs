using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Rules;

namespace StreamScoring.Host.Serving;

/// <summary>The rules that a topology names, and the lists that they look at.</summary>
internal static class RuleArtifacts
{
    /// <param name="model">The champion's name.</param>
    /// <param name="shadowIds">Of the shadow models, in their order.</param>
    /// <param name="before">What was read before: lists whose files are the same are kept.</param>
    /// <returns>Null where the topology names no rules.</returns>
    /// <exception cref="InvalidInputFileException">A file is wrong.</exception>
    public static PolicyRules? Load(Topology topology, FeatureFile features, string model, IReadOnlyList<string> shadowIds, PolicyRules? before)
    {
        if (topology.RuleFile is not { } path)
        {
            return null;
        }

        var files = new ListFiles(topology.ListFolder);
        var world = new RuleWorld(features.Schema, features.Layout.AttributeNames) { ListNames = files.Names, Model = model, Shadows = shadowIds, Rates = topology.RatesFile is { } rates ? RatesFile.Load(rates) : null };
        var rules = RuleFiles.Load(path, world);
        var lists = rules.Uses.Lists.ToDictionary(
            list => list.Key, list => files.Load(list.Key, list.Value, before?.World.Lists?.GetValueOrDefault(list.Key)), StringComparer.Ordinal);
        return new PolicyRules(rules, world with { Lists = lists });
    }
}
