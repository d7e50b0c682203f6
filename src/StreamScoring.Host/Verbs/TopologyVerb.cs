using System.CommandLine;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

internal static class TopologyVerb
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The topology file" };
        var set = CommonOptions.Set();
        var validate = new Command("validate",
            """
            Checks a topology file and all that it names (features, champion, shadow models, rules, lists), without looking at any broker.

            Example:
              scoring topology validate topology/handbook/topology.yaml
            """) { file, set };
        validate.Runs(async (parsed, cancel) =>
        {
            var topology = TopologyFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set) ?? []);
            using var artifacts = Artifacts.Load(topology, cancel);
            // Where the policy is that of logs, the file's rules hold until others are published.
            var rules = artifacts.Rules ?? RuleArtifacts.OfLog(topology, artifacts.Features, artifacts.ModelNames, artifacts.ShadowIds, ControlState.Empty);
            foreach (var (folder, notice) in artifacts.Notices)
            {
                await Console.Error.WriteLineAsync($"{folder}: {notice}");
            }

            if (IdentityNotice.IsDue(topology))
            {
                await Console.Error.WriteLineAsync(topology.File + IdentityNotice.Text);
            }

            await Console.Error.WriteLineAsync(
                $"{topology.File} is valid: region {topology.Region} of {string.Join(", ", topology.Regions.Select(region => region.Name))}; "
                + $"{artifacts.Features.Schema.Names.Count} features; {string.Join(", ", artifacts.Models.Select(served => $"{served.Role.ToString().ToLowerInvariant()} {served.Model.Name} {served.Model.Version[..19]}"))}"
                + (rules is not null ? $"; {rules.File.Rules.Count} rules, {rules.World.Lists?.Count ?? 0} lists" : "")
                + string.Concat(artifacts.Shadows.Select(shadow => $"; shadow {shadow.Id}")));
            return VerbRunner.Done;
        });
        return new Command("topology", "Looks at a topology file.") { validate, TopologyPlanVerb.Build() };
    }
}
