using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
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
        (payments.Required, payments.Description) = (false, "Tables of payments (.csv, .csv.gz, .parquet); left out, the payments of the topology's region are read from its topics");
        var from = PolicyVerb.At("--from", "The first payments of the topics, by the time of their records (default: what the topics begin with)");
        var to = PolicyVerb.At("--to", "The first moment that is left out (default: up to what is there now)");
        var warmUp = new Option<string?>("--warm-up") { Description = "How long before --from records are read, so that features know them (default: as far back as the features look)", HelpName = "TIME" };
        var output = new Option<string?>("--output") { Description = "A table to write: payment_id, action, score, decided_by, rules (.csv, .csv.gz or .parquet)", HelpName = "FILE" };
        var report = new Option<string?>("--report") { Description = "A page to write (.html)", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var verb = new Command("backtest",
            """
            Decides payments of the past by a file of rules, with the topology's features, model, lists and thresholds, and says of each rule what it would
            have caught: hits, frauds, precision, recall of all frauds, frauds that no other rule caught, amounts. Labels count as known at the end.

            The payments are those of tables, or those that the topology's topics hold: these are read without a group, beside the processes that decide, and
            nothing is written to them. A feature that looks back for ever has them read from their beginning; --warm-up bounds that.

            Example:
              scoring rules backtest rules.txt --topology topology/generated/topology.yaml --payments data/world/payments.csv --labels data/world/labels.csv
              scoring rules backtest rules.txt --topology topology/generated/topology.yaml --from 2026-10-01T00:00:00Z --warm-up 30d
            """) { file, topology, set, payments, labels, columns, from, to, warmUp, output, report, json };
        verb.Runs(async (parsed, cancel) =>
        {
            var own = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []) with { RuleFile = Path.GetFullPath(parsed.GetRequiredValue(file)) };
            var tables = parsed.GetValue(payments) ?? [];
            Require(tables.Length > 0 || (parsed.GetValue(labels) is null or [] && parsed.GetValue(columns) is null), "--labels and --columns go with --payments; of the topics the labels are read too");
            var (fromMs, toMs, warmUpTime) = (CommonOptions.MomentOf("--from", parsed.GetValue(from)), CommonOptions.MomentOf("--to", parsed.GetValue(to)), CommonOptions.TimeOf("--warm-up", parsed.GetValue(warmUp)));
            Require(tables.Length == 0 || ((fromMs ?? toMs) is null && warmUpTime is null), "--from, --to and --warm-up are of the topics; leave out --payments, or these");
            Require(fromMs is not null || warmUpTime is null, "--warm-up is how long before --from records are read; give --from too");
            Require(fromMs is null || toMs is null || fromMs < toMs, "--to is not after --from");
            string?[] inputs = [own.File, own.RuleFile, own.FeatureFile, parsed.GetValue(columns), .. tables, .. parsed.GetValue(labels) ?? []];
            if (parsed.GetValue(output) is { } named)
            {
                OutputFile.RequireTable(named, inputs);
            }

            if (parsed.GetValue(report) is { } page)
            {
                Require(page.EndsWith(".html", StringComparison.OrdinalIgnoreCase), $"--report is {page}; the page is HTML: name a file that ends in .html");
                OutputFile.RequireNoInput(page, inputs, "--report");
            }

            using var artifacts = Artifacts.Load(own, cancel);
            using var progress = new ProgressLine();
            var published = ControlState.Empty;
            if (own.Control is not null)
            {
                published = PolicyLogs.HistoryOf(own, cancel).InForce;
                own = PolicySettings.Apply(own, published.TextOf(ControlPart.Settings));
            }

            var rules = artifacts.Rules ?? RulesOfLog(own, artifacts, published, cancel);
            using var logs = PipelineLog.Create();
            var (recorded, count) = tables.Length > 0
                ? OfTables(own, tables, parsed.GetValue(labels) ?? [], parsed.GetValue(columns), UnionOf(artifacts.Features.AttributeUses, rules.File.Uses.AttributeUses), progress, cancel)
                : OfTopics(own, fromMs, toMs, warmUpTime ?? artifacts.Features.Reach, PolicyLogs.RatesOf(own, published), progress, logs.CreateLogger("scoring"), cancel);
            using var meter = new EngineMeter();
            await using var akka = new AkkaSystem();
            using var writer = parsed.GetValue(output) is { } path ? TableWriter.Create(path, RuleBacktest.Columns) : null;
            var backtest = new RuleBacktest(artifacts.Features, artifacts.PolicyOf(own, meter, rules, foldedRates: tables.Length > 0 ? rules.World.Rates : null), recorded, akka.Materializer);
            var summary = await backtest.RunAsync(writer, decided => progress.Show(count is { } all ? (FormattableString)$"{decided:N0} of {all:N0} payments" : $"{decided:N0} payments"), cancel);
            progress.Clear();
            if (recorded is RecordedTable { Refusals: var refusals })
            {
                refusals.Require();
                progress.Say(refusals.Notices);
            }

            writer?.Complete();
            if (summary.Payments == 0)
            {
                progress.Say([$"there are no payments{(tables.Length > 0 ? "" : $" of that time in {own.Region}/{own.Home.Payments}")}"]);
            }

            if (recorded is RecordedLogs { RefusedCount: > 0 and var refused })
            {
                progress.Say([$"records that hold to no contract and are left out: {refused:N0}"]);
            }

            if (parsed.GetValue(report) is { } written)
            {
                var of = tables.Length > 0 ? string.Join(", ", tables.Select(Path.GetFileName)) : $"{own.Region}/{own.Home.Payments}";
                await File.WriteAllTextAsync(written, BacktestPage.Of($"{Path.GetFileName(own.RuleFile)} over {of}", summary), cancel);
            }

            Say(summary, parsed.GetValue(json));
            return VerbRunner.Done;
        });
        return verb;
    }

    /// <returns>And how many payments they are; null where that is not known yet.</returns>
    private static (IRecordedPayments Recorded, long? Count) OfTables(
        Topology topology, string[] payments, string[] labels, string? columns, IReadOnlyDictionary<string, AttributeUse> uses, ProgressLine progress, CancellationToken cancel)
    {
        var table = PaymentTable.Read(payments, labels, columns, EventOrder.EventTime, keepsFrauds: true, rows => progress.Show($"{rows:N0} payments read"), uses, cancel: cancel);
        progress.Say(table.Notices);
        return (new RecordedTable(table, topology.Limits), table.PaymentCount);
    }

    private static (IRecordedPayments Recorded, long? Count) OfTopics(
        Topology topology, long? fromMs, long? toMs, TimeSpan? warmUp, RateSchedule rates, ProgressLine progress, ILogger logger, CancellationToken cancel)
    {
        var recorded = RecordedLogs.Open(topology, fromMs, toMs, warmUp, rates, read => progress.Show($"{read:N0} labels read"), logger, cancel);
        progress.Say(recorded.Notices);
        return (recorded, null);
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidInputFileException(problem);
        }
    }

    /// <summary>
    /// The file's rules beside what is in force of a deployment: its rates, and its lists.
    /// </summary>
    private static PolicyRules RulesOfLog(Topology topology, Artifacts artifacts, ControlState control, CancellationToken cancel)
    {
        var lists = PolicyLogs.ListsNow(topology, cancel);
        var world = RuleArtifacts.WorldOf(topology, artifacts.Features, artifacts.ModelNames, artifacts.ShadowIds, control.TextOf(ControlPart.Rates));
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
