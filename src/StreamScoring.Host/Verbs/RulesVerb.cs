using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Rules;

namespace StreamScoring.Host.Verbs;

internal static class RulesVerb
{
    public static Command Build() => new("rules", "Checks and tries files of rules (docs/rules.md).")
    {
        Verb("check",
            """
            Checks a file of rules against a feature file: form, names, types, and the examples. Says each mistake with its line and column.
            Without --lists rules may name any list; with it, only those of the folder.

            Example:
              scoring rules check topology/handbook/rules.txt --features topology/handbook/features.yaml
            """, Check),
        Verb("test",
            """
            Runs the examples of a file of rules, and says of each rule how many it has. Fails where one does not give what it says.

            Example:
              scoring rules test topology/handbook/rules.txt --features topology/handbook/features.yaml
            """, Test),
        RulesBacktestVerb.Build(),
        RulesImportVerb.Build(),
    };

    private static Command Verb(string name, string help, Action<RuleFile, bool> say)
    {
        var file = new Argument<string>("FILE") { Description = "The file of rules" };
        var features = new Option<string>("--features") { Description = "The feature file whose features rules may use", HelpName = "FILE", Required = true };
        var lists = new Option<string?>("--lists") { Description = "The folder of the lists that rules may use (default: any name is taken)", HelpName = "DIR" };
        var rates = new Option<string?>("--rates") { Description = "The file of currency rates, where rules name amount_base", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var verb = new Command(name, help) { file, features, lists, rates, json };
        verb.Runs((parsed, _) =>
        {
            var featureFile = FeatureFiles.Load(parsed.GetRequiredValue(features));
            var names = parsed.GetValue(lists) is { } folder ? new ListFiles(folder).Names : null;
            var world = new RuleWorld(featureFile.Schema, featureFile.Layout.AttributeNames) { ListNames = names, Rates = parsed.GetValue(rates) is { } path ? RatesFile.Load(path) : null };
            say(RuleFiles.Load(parsed.GetRequiredValue(file), world), parsed.GetValue(json));
            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static void Check(RuleFile rules, bool asJson)
    {
        var (count, lists, features) = (rules.Rules.Count, rules.Uses.Lists.Keys.Order(StringComparer.Ordinal).ToArray(), rules.Uses.Features);
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { rules = count, lists, features }));
            return;
        }

        Console.Error.WriteLine($"{count} rules; lists: {NamesOf(lists)}; features: {NamesOf(features)}");
    }

    private static void Test(RuleFile rules, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                rules = rules.Rules.Count,
                examples = rules.Rules.Sum(rule => rule.Examples),
                untested = rules.Rules.Where(rule => rule.Examples == 0).Select(rule => rule.Name),
            }));
            return;
        }

        foreach (var rule in rules.Rules)
        {
            Console.WriteLine($"{(rule.IsShadow ? "shadow " : "")}{rule.ActionName} {rule.Name}: {(rule.Examples == 0 ? "no example" : rule.Examples == 1 ? "1 example holds" : $"{rule.Examples} examples hold")}");
        }
    }

    private static string NamesOf(IReadOnlyCollection<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}
