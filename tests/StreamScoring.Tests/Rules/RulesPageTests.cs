using System.Text.RegularExpressions;
using StreamScoring.Configuration;
using StreamScoring.Rules;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Rules;

/// <summary>What docs/rules.md shows, and what is shipped, is right.</summary>
public sealed partial class RulesPageTests
{
    [Fact]
    public void The_rules_of_the_page_are_rules()
    {
        var page = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "rules.md"));

        Assert.Equal(10, RuleFiles.Parse("docs/rules.md", RuleBlock().Match(page).Groups[1].Value, WorldOf("generated")).Rules.Count);
    }

    [Theory]
    [InlineData("generated")]
    [InlineData("handbook")]
    public void Shipped_rules_have_examples_and_shipped_lists(string topology)
    {
        var folder = Path.Combine(SharedFolder.RepositoryRoot, "topology", topology);
        var lists = new ListFiles(Path.Combine(folder, "lists"));
        var rules = RuleFiles.Load(Path.Combine(folder, "rules.txt"), WorldOf(topology) with { ListNames = lists.Names });

        Assert.All(rules.Rules, rule => Assert.True(rule.Examples > 0, rule.Name));
        Assert.All(rules.Uses.Lists, list => lists.Load(list.Key, list.Value));
        Assert.Equal(lists.Names.Order(), rules.Uses.Lists.Keys.Order());
    }

    private static RuleWorld WorldOf(string topology)
    {
        var features = FeatureFiles.Load(Path.Combine(SharedFolder.RepositoryRoot, "topology", topology, "features.yaml"));
        return new RuleWorld(features.Schema, features.Layout.AttributeNames);
    }

    [GeneratedRegex("```rules\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex RuleBlock();
}
