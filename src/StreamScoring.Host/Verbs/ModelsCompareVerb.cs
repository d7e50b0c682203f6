using System.CommandLine;
using System.Globalization;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Host.Comparing;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

/// <summary>Models by what they made of live payments.</summary>
internal static class ModelsCompareVerb
{
    public static Command Build()
    {
        var (topology, set, json) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Json());
        var from = PolicyVerb.At("--from", "The first decisions, by the time of their records (default: what the topic begins with)");
        var verb = new Command("compare",
            """
            Compares shadow models with what was decided, and the models that decided with each other, over the decisions of a deployment: how often they agree,
            what a shadow would have done, scores, and of payments whose label is known by now precision and recall. It reads the topics of decisions, of late
            answers and of labels up to their ends, and writes nothing. A shadow is taken to act by the thresholds of now; where a rule decided, it would have too.

            Example:
              scoring models compare --topology topology/generated/topology.yaml --from 2026-11-01T00:00:00Z
            """) { topology, set, from, json };
        verb.Runs((parsed, cancel) => RunAsync(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), CommonOptions.MomentOf("--from", parsed.GetValue(from)), parsed.GetValue(json), cancel));
        return verb;
    }

    private static async Task<int> RunAsync(Topology topology, long? fromMs, bool asJson, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Decisions, topology.Home.Labels);
        if (topology.Control is not null)
        {
            topology = PolicySettings.Apply(topology, PolicyLogs.HistoryOf(topology, cancel).InForce.TextOf(ControlPart.Settings));
        }

        using var progress = new ProgressLine();
        using var logs = PipelineLog.Create();
        var (region, from) = (ClientRegion.Of(topology), fromMs is { } ms ? ReadFrom.Time(ms) : ReadFrom.Beginning);
        var labels = RecordedLabels.Read(topology, fromMs, read => progress.Show($"{read:N0} labels read"), logs.CreateLogger("scoring"), cancel);
        var comparison = new ModelComparison(topology.Thresholds, labels, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        try
        {
            await using var answers = await ShadowAnswerReader.OpenAsync(region, from, ClientRegion.FetchWaitMax);
            await foreach (var answer in answers.ReadAsync(cancel))
            {
                comparison.AddLate(answer);
            }
        }
        catch (ReadFailedException e)
        {
            // Roles, and answers that decisions have, can be compared without it.
            progress.Say([$"answers of shadows that came late are missing: {e.Message}"]);
        }

        await using (var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { From = from, Follow = false, FetchWaitMax = ClientRegion.FetchWaitMax }))
        {
            await foreach (var decision in reader.ReadAsync(cancel))
            {
                comparison.Add(decision.Record);
                progress.Show($"{comparison.Payments:N0} decisions read");
            }
        }

        progress.Clear();
        if (asJson)
        {
            await Console.Out.WriteLineAsync(comparison.ToJson().ToJsonString());
        }
        else
        {
            Print(comparison);
        }

        return VerbRunner.Done;
    }

    private static void Print(ModelComparison comparison)
    {
        Console.WriteLine(FormattableString.Invariant($"{comparison.Payments:N0} payments, {comparison.Labelled:N0} with a label, {comparison.Unscored:N0} without a score"));
        foreach (var ((role, model), tally) in comparison.Roles)
        {
            Console.WriteLine($"\n{role} {Shown(model)}");
            Console.WriteLine(FormattableString.Invariant($"  decided            {tally.Payments:N0}{(tally.StandIns > 0 ? $", {tally.StandIns:N0} as stand-in" : "")}"));
            Console.WriteLine($"  actions            {string.Join(", ", tally.Actions.Select(action => FormattableString.Invariant($"{Shown(action.Key)} {action.Value:N0}")))}");
            Console.WriteLine($"  scores by ten      {Bins(tally.Scores)}");
            Console.WriteLine(FormattableString.Invariant($"  of {tally.Labelled:N0} labelled  precision {Ratio(tally.Flags.Precision)}, recall {Ratio(tally.Flags.Recall)}"));
        }

        foreach (var (model, tally) in comparison.Shadows)
        {
            Console.WriteLine($"\nshadow {Shown(model)}");
            Console.WriteLine(FormattableString.Invariant($"  answered           {tally.Answers:N0} ({Ratio(comparison.Payments == 0 ? null : (double)tally.Answers / comparison.Payments)} of all), {tally.Late:N0} of them late"));
            Console.WriteLine(FormattableString.Invariant($"  same action        {tally.Same:N0} of {tally.Compared:N0} that no rule decided ({Ratio(tally.Compared == 0 ? null : (double)tally.Same / tally.Compared)})"));
            foreach (var ((decided, would), count) in tally.Actions.Where(pair => pair.Key.Champion != pair.Key.Shadow).OrderByDescending(pair => pair.Value))
            {
                Console.WriteLine(FormattableString.Invariant($"  {Shown(decided),-9} -> {Shown(would),-9}{count,10:N0}"));
            }

            Console.WriteLine($"  scores by ten      {Bins(tally.Scores)}");
            Console.WriteLine($"  of those decided   {Bins(tally.DecidedScores)}");
            Console.WriteLine(FormattableString.Invariant(
                $"  of {tally.Labelled:N0} labelled  precision {Ratio(tally.Shadow.Precision)} (decided: {Ratio(tally.Decided.Precision)}), recall {Ratio(tally.Shadow.Recall)} (decided: {Ratio(tally.Decided.Recall)})"));
        }
    }

    private static string Bins(ScoreBins scores) => string.Join(' ', scores.Counts.Select(count => count.ToString("N0", CultureInfo.InvariantCulture)));

    private static string Ratio(double? ratio) => ratio is { } value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "-";

    /// <summary>The record may be another's, and say anything.</summary>
    private static string Shown(string text) => TerminalText.Escape(CardNumber.Mask(text));
}
