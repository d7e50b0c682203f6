using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Kafka;
using StreamScoring.Rules;

namespace StreamScoring.Host.Verbs;

/// <summary>Publishes a change of the policy, and says whether it counts.</summary>
internal static class PolicyPublishVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = new Option<string[]>("--set")
        {
            Description = $"A setting of the policy, such as decide.reviewFrom=60 (repeatable); any other key overrides the topology",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };
        var rules = new Option<string?>("--rules") { Description = "The file of rules that replaces those in force", HelpName = "FILE" };
        var rates = new Option<string?>("--rates") { Description = "The file of currency rates that replaces those in force", HelpName = "FILE" };
        var expects = new Option<string?>("--expects") { Description = "Hash of the rules that these were made for (default: those in force now): a change that came between is not overwritten", HelpName = "HASH" };
        var why = new Option<string>("--why") { Description = "Why; stands in the history", HelpName = "TEXT", Required = true };
        var by = new Option<string?>("--by") { Description = "Who (default: the user of this machine)", HelpName = "NAME" };
        var json = CommonOptions.Json();
        var verb = new Command("publish",
            """
            Publishes rules, rates or settings: all of it counts, or nothing. Each is checked first. Every process takes it between two batches; one that
            cannot goes on with what it has, and says so. A change that came second, after another for the same part, is refused.

            Example:
              scoring policy publish --topology topology/handbook/topology.yaml --rules rules.txt --set decide.reviewFrom=60 --why "ticket 4711"
            """) { topology, rules, rates, set, expects, why, by, json };
        verb.Runs((parsed, cancel) =>
        {
            var given = parsed.GetValue(set) ?? [];
            var settings = given.Where(line => line.StartsWith("decide.", StringComparison.Ordinal)).ToList();
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), [.. given.Except(settings)]);
            var inForce = PolicyLogs.HistoryOf(file, cancel).InForce;
            var parts = PartsOf(file, inForce, parsed.GetValue(rules), parsed.GetValue(rates), settings, parsed.GetValue(expects));
            if (parts.Count == 0)
            {
                Console.Error.WriteLine("nothing is published: all of it is in force already");
                return Task.FromResult(VerbRunner.Done);
            }

            var change = new ControlChange(ChangeText.Require("--by", parsed.GetValue(by) ?? PolicyLogs.Me), ChangeText.Require("--why", parsed.GetRequiredValue(why)), parts);
            return Task.FromResult(Publish(file, change, parsed.GetValue(json), cancel));
        });
        return verb;
    }

    private static int Publish(Topology file, ControlChange change, bool asJson, CancellationToken cancel)
    {
        var entry = PolicyLogs.Publish(file, change, cancel);
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { offset = entry.Offset, at = PolicyLogs.TimeOf(entry.AtMs), parts = change.Parts.Select(part => new { kind = part.Kind, hash = part.Hash, replaces = part.Expects }) }));
        }

        foreach (var part in change.Parts)
        {
            Console.Error.WriteLine($"{part.Kind} {PolicyVerb.Short(part.Hash)} published, in place of {PolicyVerb.Short(part.Expects)}");
        }

        return VerbRunner.Done;
    }

    /// <summary>The parts that differ from what is in force, checked.</summary>
    private static List<ControlPart> PartsOf(Topology file, ControlState inForce, string? rules, string? rates, List<string> settings, string? expects)
    {
        if (rules is null && rates is null && settings.Count == 0)
        {
            throw new InvalidInputFileException("nothing is to be published: give --rules FILE, --rates FILE or --set decide.KEY=VALUE");
        }

        RequireExpected(inForce, rules, expects);
        var parts = new List<ControlPart>();
        if (settings.Count > 0)
        {
            var text = PolicySettings.Merge(inForce.TextOf(ControlPart.Settings), settings);
            // A value out of its range is said here.
            PolicySettings.Apply(file, text);
            parts.Add(ControlPart.Of(ControlPart.Settings, text, inForce.HashOf(ControlPart.Settings)));
        }

        var ratesText = rates is null ? inForce.TextOf(ControlPart.Rates) : Utf8File.ReadAllText(rates);
        if (rates is not null)
        {
            RequireBase(file, inForce, rates, RatesFile.Parse(rates, ratesText!));
            parts.Add(ControlPart.Of(ControlPart.Rates, ratesText!, inForce.HashOf(ControlPart.Rates)));
        }

        if (rules is not null)
        {
            var text = Utf8File.ReadAllText(rules);
            RequireRules(file, rules, text, ratesText);
            parts.Add(ControlPart.Of(ControlPart.Rules, text, inForce.HashOf(ControlPart.Rules)));
        }

        return parts.FindAll(part => part.Hash != inForce.HashOf(part.Kind));
    }

    /// <summary>Windows that hold amounts in one currency cannot go on in another.</summary>
    private static void RequireBase(Topology file, ControlState inForce, string path, CurrencyRates published)
    {
        if (PolicyLogs.RatesOf(file, inForce).BaseIndex is { } now && now != published.BaseIndex && FeatureFiles.Load(file.FeatureFile).UsesBaseAmount)
        {
            throw new InvalidInputFileException($"{path}: the base is {CurrencyTable.CodeOf(published.BaseIndex)}, and features hold amounts in {CurrencyTable.CodeOf(now)} ({file.FeatureFile} looks at amount_base); keep the base");
        }
    }

    /// <summary>A change that cannot count is not written.</summary>
    private static void RequireExpected(ControlState inForce, string? rules, string? expects)
    {
        if (expects is null)
        {
            return;
        }

        if (rules is null)
        {
            throw new InvalidInputFileException("--expects is the hash of the rules that --rules replaces; give --rules FILE");
        }

        var hash = inForce.HashOf(ControlPart.Rules);
        if (expects.Length < PolicyVerb.ShortHashLength || hash?.StartsWith(expects, StringComparison.Ordinal) != true)
        {
            throw new KafkaFailedException($"nothing is published: rules {PolicyVerb.Short(hash)} are in force, and these were made for {expects}. Look at scoring policy diff, and publish again");
        }
    }

    private static void RequireRules(Topology file, string path, string text, string? rates)
    {
        var features = FeatureFiles.Load(file.FeatureFile);
        // Any list may be named, as one without entries is empty, and any shadow model: processes
        // may have others than are here.
        RuleFiles.Parse(path, text, new RuleWorld(features.Schema, features.Layout.AttributeNames)
        {
            Rates = rates is not null ? RatesFile.Parse("the published rates", rates) : file.RatesFile is { } own ? RatesFile.Load(own) : null,
        });
    }
}
