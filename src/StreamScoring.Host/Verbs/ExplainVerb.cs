using System.CommandLine;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Host.Explaining;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

/// <summary>One decision, and why it is what it is.</summary>
internal static class ExplainVerb
{
    public static Command Build()
    {
        var wanted = new Argument<string>("PAYMENT") { Description = "A payment's id, or a decision's: REGION/TOPIC/PARTITION/OFFSET" };
        var (topology, set, json) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Json());
        var verb = new Command("explain",
            """
            Tells one decision as a story: what decided, each feature with what it looks at and where its value lies among those that the model was trained on,
            and each rule with what it saw. Only the topics are read: the rules and lists are those that were in force by the decision's vector.

            Example:
              scoring explain p-17 --topology topology/handbook/topology.yaml
              scoring explain eu/payments/3/991 --topology topology/handbook/topology.yaml --json
            """) { wanted, topology, set, json };
        verb.Runs(async (parsed, cancel) =>
        {
            var own = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            using var logs = PipelineLog.Create();
            using var progress = new ProgressLine();
            var explanation = await new DecisionExplainer(own, logs.CreateLogger("scoring")).ExplainAsync(parsed.GetRequiredValue(wanted), read => progress.Show($"{read:N0} decisions read"), cancel);
            progress.Say(explanation.Notices);
            Console.WriteLine(parsed.GetValue(json) ? ExplanationJson.Of(explanation).ToJsonString() : string.Join('\n', ExplanationText.Of(explanation).TrimEnd().Split('\n').Select(TerminalText.Escape)));
            return VerbRunner.Done;
        });
        return verb;
    }
}
