using System.CommandLine;
using System.Text.Json.Nodes;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Files;
using StreamScoring.Host.Serving;
using StreamScoring.Rules;
using StreamScoring.Signals;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

internal static class RulesBacktestVerb
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The file of rules" };
        var (topology, set, payments, labels, columns) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Payments(), CommonOptions.Labels(), CommonOptions.Columns());
        var output = new Option<string?>("--output") { Description = "A table to write: payment_id, action, score, decided_by, rules (.csv, .csv.gz or .parquet)", HelpName = "FILE" };
        var report = new Option<string?>("--report") { Description = "A page to write (.html)", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var verb = new Command("backtest",
            """
            Decides the payments of tables by a file of rules, with the topology's features, model, lists and thresholds, and says of each rule what it
            would have caught: hits, frauds, precision, recall of all frauds, frauds that no other rule caught, amounts. Labels count as known at the end.

            Example:
              scoring rules backtest rules.txt --topology topology/generated/topology.yaml --payments data/world/payments.csv --labels data/world/labels.csv
            """) { file, topology, set, payments, labels, columns, output, report, json };
        verb.Runs(async (parsed, cancel) =>
        {
            var own = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []) with { RuleFile = Path.GetFullPath(parsed.GetRequiredValue(file)) };
            string?[] inputs = [own.File, own.RuleFile, own.FeatureFile, parsed.GetValue(columns), .. parsed.GetRequiredValue(payments), .. parsed.GetValue(labels) ?? []];
            if (parsed.GetValue(output) is { } named)
            {
                OutputFile.RequireTable(named, inputs);
            }

            if (parsed.GetValue(report) is { } page)
            {
                OutputFile.RequireNoInput(page, inputs);
            }

            using var artifacts = Artifacts.Load(own, cancel);
            using var progress = new ProgressLine();
            if (own.Control is not null)
            {
                own = PolicySettings.Apply(own, PolicyLogs.HistoryOf(own, cancel).InForce.TextOf(ControlPart.Settings));
            }

            var rules = artifacts.Rules ?? RulesOfLog(own, artifacts, cancel);
            var uses = UnionOf(artifacts.Features.AttributeUses, rules.File.Uses.AttributeUses);
            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), EventOrder.EventTime, keepsFrauds: true,
                rows => progress.Show($"{rows:N0} payments read"), uses, cancel);
            progress.Say(table.Notices);
            using var meter = new EngineMeter();
            await using var akka = new AkkaSystem();
            using var writer = parsed.GetValue(output) is { } path ? TableWriter.Create(path, RuleBacktest.Columns) : null;
            var backtest = new RuleBacktest(artifacts.Features, artifacts.PolicyOf(own, meter, rules), table, akka.Materializer, own.Limits);
            var summary = await backtest.RunAsync(writer, decided => progress.Show($"{decided:N0} of {table.PaymentCount:N0} payments"), cancel);
            writer?.Complete();
            progress.Clear();
            if (parsed.GetValue(report) is { } written)
            {
                await File.WriteAllTextAsync(written, BacktestPage.Of($"{Path.GetFileName(own.RuleFile)} over {string.Join(", ", parsed.GetRequiredValue(payments).Select(Path.GetFileName))}", summary), cancel);
            }

            Say(summary, parsed.GetValue(json));
            return VerbRunner.Done;
        });
        return verb;
    }

    /// <summary>
    /// The file's rules beside what is in force of a deployment: its rates, and its lists.
    /// </summary>
    private static PolicyRules RulesOfLog(Topology topology, Artifacts artifacts, CancellationToken cancel)
    {
        var (control, lists) = (PolicyLogs.HistoryOf(topology, cancel).InForce, PolicyLogs.ListsNow(topology, cancel));
        var world = RuleArtifacts.WorldOf(topology, artifacts.Features, artifacts.Champion.Name, artifacts.ShadowIds, control.TextOf(ControlPart.Rates));
        var file = RuleFiles.Load(topology.RuleFile!, world);
        return new PolicyRules(file, world with { Lists = file.Uses.Lists.Keys.ToDictionary(name => name, name => lists[name], StringComparer.Ordinal) });
    }

    private static Dictionary<string, AttributeUse> UnionOf(IReadOnlyDictionary<string, AttributeUse> features, IReadOnlyDictionary<string, AttributeUse> rules) =>
        features.Concat(rules).GroupBy(use => use.Key, StringComparer.Ordinal)
            .ToDictionary(uses => uses.Key, uses => uses.Aggregate(AttributeUse.None, (all, use) => all | use.Value), StringComparer.Ordinal);

    private static void Say(BacktestSummary summary, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(new JsonObject
            {
                ["payments"] = summary.Payments,
                ["frauds"] = summary.Frauds,
                ["rules"] = new JsonArray([.. summary.Rules.Select(rule => new JsonObject
                {
                    ["rule"] = rule.Rule.Name,
                    ["action"] = rule.Rule.ActionName,
                    ["shadow"] = rule.Rule.IsShadow,
                    ["hits"] = rule.Hits,
                    ["frauds"] = rule.Frauds,
                    ["precision"] = rule.Precision,
                    ["recall"] = rule.Recall(summary.Frauds),
                    ["unique_frauds"] = rule.UniqueFrauds,
                    ["fraud_amount_minor"] = Amounts(rule.FraudAmountMinor),
                    ["genuine_amount_minor"] = Amounts(rule.GenuineAmountMinor),
                })]),
                ["actions"] = new JsonObject(summary.Actions.Select(action => KeyValuePair.Create(action.Key, (JsonNode?)action.Value))),
            }.ToJsonString());
            return;
        }

        Console.WriteLine($"{"rule",-32} {"action",-18} {"hits",10} {"frauds",10} {"precision",10} {"recall",10} {"alone",10}");
        foreach (var rule in summary.Rules)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{rule.Rule.Name,-32} {(rule.Rule.IsShadow ? "shadow " : "") + rule.Rule.ActionName,-18} {rule.Hits,10:N0} {rule.Frauds,10:N0} {rule.Precision,10:0.0%} {rule.Recall(summary.Frauds),10:0.0%} {rule.UniqueFrauds,10:N0}"));
        }

        Console.WriteLine(FormattableString.Invariant($"{summary.Payments:N0} payments, {summary.Frauds:N0} frauds: {string.Join(", ", summary.Actions.Select(action => FormattableString.Invariant($"{action.Key} {action.Value:N0}")))}"));
    }

    private static JsonObject Amounts(IReadOnlyDictionary<string, Int128> amounts) =>
        new(amounts.Select(amount => KeyValuePair.Create(amount.Key, JsonNode.Parse(amount.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)))));
}
