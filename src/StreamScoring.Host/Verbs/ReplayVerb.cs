using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Host.Replaying;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

/// <summary>Decides the past anew and says what differs.</summary>
internal static class ReplayVerb
{
    public static Command Build()
    {
        var (topology, set, json) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Json());
        var from = PolicyVerb.At("--from", "The first payments, by the time of their records (default: what the topics begin with)");
        var to = PolicyVerb.At("--to", "The first moment that is left out (default: up to what is there now)");
        var rules = new Option<string?>("--rules") { Description = "A file of rules in the place of those of then", HelpName = "FILE" };
        var model = new Option<string?>("--model") { Description = "A model folder that decides all, in the place of those of then", HelpName = "DIR" };
        var features = new Option<string?>("--features") { Description = "A feature file in the place of the one of then", HelpName = "FILE" };
        var (labels, report) = (CommonOptions.Labels(), new Option<string?>("--report") { Description = "A folder to write: report.html, one page without network, and report.json", HelpName = "DIR" });
        labels.Description = "Tables of labels to judge both decisions by, in the place of the topic's: payment_id, event_time, known_at, fraud";
        var changes = new Option<string?>("--changes") { Description = "A file to write: a line of JSON for each payment that differs", HelpName = "FILE" };
        var expectNone = new Option<bool>("--expect-none") { Description = "End with 1 where anything differs" };
        var verb = new Command("replay",
            """
            Decides payments of the past again, with the engine that decided them, and says what differs: features, score, action, rules. With nothing put in
            the place of what decided it finds no difference: batches are derived by the vectors that decisions carry, under the policy that the logs had in
            force. So it shows what a change would have done: other rules, thresholds (--set decide.blockFrom=70), another model, another feature file.

            It reads the topics as they are, is a member of no group and writes to none of them. What cannot be derived any more is counted as missing, with the
            reason.

            Example:
              scoring replay --topology topology/handbook/topology.yaml --expect-none
              scoring replay --topology topology/handbook/topology.yaml --from 2026-11-01T00:00:00Z --rules rules.txt --set decide.blockFrom=70 --changes changed.jsonl
            """) { topology, from, to, rules, model, features, set, labels, report, changes, expectNone, json };
        verb.Runs(async (parsed, cancel) =>
        {
            var (fromMs, toMs) = (CommonOptions.MomentOf("--from", parsed.GetValue(from)), CommonOptions.MomentOf("--to", parsed.GetValue(to)));
            if (fromMs is not null && toMs is not null && fromMs >= toMs)
            {
                throw new InvalidInputFileException("--to is not after --from");
            }

            var overrides = parsed.GetValue(set) ?? [];
            var (own, put) = Changed(TopologyFile.Load(parsed.GetRequiredValue(topology), overrides), parsed.GetValue(rules), parsed.GetValue(model), parsed.GetValue(features), overrides);
            var path = parsed.GetValue(changes);
            if (path is not null)
            {
                OutputFile.RequireNoInput(path, [own.File, own.RuleFile, own.FeatureFile, own.ModelFolder], "--changes");
            }

            using var logs = PipelineLog.Create();
            using var progress = new ProgressLine();
            await using var file = path is null ? null : new StreamWriter(path);
            var (pages, tables) = (parsed.GetValue(report), parsed.GetValue(labels) ?? []);
            if (tables.Length > 0 && pages is null)
            {
                throw new InvalidInputFileException("--labels is what the report judges by; give --report DIR too");
            }

            var logger = logs.CreateLogger("scoring");
            var known = pages is null ? null
                : tables.Length > 0 ? FinalLabels.Read(tables, cancel)
                : RecordedLabels.Read(own, fromMs, read => progress.Show($"{read:N0} labels read"), logger, cancel);
            var summary = new ReplaySummary($"{own.Region}/{own.Home.Payments}", file) { Judgement = known is null ? null : new ReplayJudgement(known) };
            var findings = await new ReplayRun(own, put, progress, logger).RunAsync(fromMs, toMs, summary, cancel);
            progress.Clear();
            (summary.Payments, summary.Missing) = (findings.Payments, findings.Missing);
            var notices = ReplayText.Notices(summary, findings, put).ToList();
            progress.Say(notices);
            if (pages is not null)
            {
                ReplayPage.Write(pages, summary, notices);
            }

            Console.WriteLine(parsed.GetValue(json) ? summary.ToJson().ToJsonString() : ReplayText.Of(summary));
            return parsed.GetValue(expectNone) && summary.HasDifferences ? VerbRunner.Failed : VerbRunner.Done;
        });
        return verb;
    }

    /// <summary>The topology with what is put in the place of what was, and what that is.</summary>
    private static (Topology Topology, ReplayChanges Changes) Changed(Topology topology, string? rules, string? model, string? features, string[] set)
    {
        topology = rules is null ? topology : topology with { RuleFile = Path.GetFullPath(rules) };
        topology = features is null ? topology : topology with { FeatureFile = Path.GetFullPath(features), BaseFeatureFile = null };
        topology = model is null ? topology : topology with { ModelFolder = Path.GetFullPath(model), PreviousFolder = null, Canary = null, FallbackFolder = null };
        // Keys of the policy that are given here are in the place of what was published.
        string[] settings = [.. set.Where(pair => PolicySettings.Keys.Contains(pair.Split('=')[0].Trim()))];
        return (topology, new ReplayChanges(topology.RuleFile is { } file && rules is not null ? file : null, model is not null, features is not null, settings));
    }
}
