using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Configuration.Radar;
using StreamScoring.Rules;

namespace StreamScoring.Host.Verbs;

internal static class RulesImportVerb
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "Rules in the other syntax, one a line" };
        var from = new Option<string>("--from") { Description = "The other syntax: radar (Stripe Radar)", HelpName = "radar", Required = true };
        from.AcceptOnlyFromAmong("radar");
        var names = new Option<string?>("--names") { Description = "A YAML file that says what each attribute is here, such as card_funding: attributes.card_funding", HelpName = "FILE" };
        var features = new Option<string?>("--features") { Description = "The feature file: names are checked against it", HelpName = "FILE" };
        var output = new Option<string?>("--output") { Description = "The file of rules to write (default: stdout)", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var verb = new Command("import",
            """
            Writes rules of another syntax in the language of rules. What cannot be carried over is said line by line, and stands in the
            result as a comment. Texts are compared as they are written, also where the other syntax ignores case.

            Example:
              scoring rules import radar.txt --from radar --names names.yaml --features topology/generated/features.yaml --output rules.txt
            """) { file, from, names, features, output, json };
        verb.Runs((parsed, _) =>
        {
            var world = parsed.GetValue(features) is { } path && FeatureFiles.Load(path) is var own ? new RuleWorld(own.Schema, own.Layout.AttributeNames) : null;
            var result = RadarImport.Of(parsed.GetRequiredValue(file), parsed.GetValue(names), world);
            if (parsed.GetValue(output) is { } written)
            {
                OutputFile.RequireNoInput(written, [parsed.GetRequiredValue(file), parsed.GetValue(names), parsed.GetValue(features)]);
                File.WriteAllText(written, result.Text);
            }
            else if (!parsed.GetValue(json))
            {
                Console.Write(result.Text);
            }

            foreach (var problem in result.Problems)
            {
                Console.Error.WriteLine(Contracts.TerminalText.Escape(problem));
            }

            Console.Error.WriteLine($"{result.Carried} rules carried over, {result.Problems.Count} not");
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new { carried = result.Carried, problems = result.Problems, rules = result.Text }));
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }
}
