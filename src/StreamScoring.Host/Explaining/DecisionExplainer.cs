using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Host.Replaying;
using StreamScoring.Host.Serving;
using StreamScoring.Logs;
using StreamScoring.Onnx;
using StreamScoring.State;

namespace StreamScoring.Host.Explaining;

/// <summary>
/// Explains one decision from the topic and the logs alone: its features are those that it carries,
/// its rules those that were in force by its batch's vector, asked of the payment's record again.
/// </summary>
internal sealed class DecisionExplainer(Topology topology, ILogger logger)
{
    /// <param name="wanted">A payment's id, or a position.</param>
    /// <exception cref="InvalidInputFileException">There is no such decision.</exception>
    public async Task<Explanation> ExplainAsync(string wanted, Action<long> progress, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Payments, topology.Home.Decisions);
        var notices = new List<string>();
        var decision = await FindAsync(wanted, notices, progress, cancel);
        var features = FeatureFiles.Load(topology.FeatureFile);
        if (features.Hash != decision.Record.FeatureFile)
        {
            notices.Add($"its features are those of {decision.Record.FeatureFile}, and {topology.FeatureFile} is another file: windows are shown of features of the same name");
        }

        using var models = topology.Control is null ? null : new FolderAside();
        var published = models is not null && KafkaPorts.ModelsOf(topology) is { } topic ? new PublishedFolders(models.Path, topic) : null;
        using var policy = new ReplayPolicy(topology, features, ReplayChanges.None, published, cancel);
        var logs = Needed(await KafkaPorts.LogsNowAsync(topology), decision);
        var (script, range) = ScriptOf(decision, logs, notices, cancel);
        // Its features are those that it carries, so the state stays empty.
        var state = new FoldedState(features, logs, topology.Idempotency, identity: topology.Identity);
        using var fold = new VectorFold(topology, features, logs, range, state, policy, logger, cancel);
        fold.Start();
        fold.FoldUpTo(script);
        var batch = fold.Rent();
        fold.Take(script, batch);
        batch.Decide.AsSpan(0, batch.RowCount).Fill(true);
        fold.Fold(batch);
        var explanation = Explain(decision.Record, features, policy, batch, fold.Deciding, notices);
        fold.Engine.Pool.Return(batch);
        return explanation;
    }

    private async Task<ReadDecision> FindAsync(string wanted, List<string> notices, Action<long> progress, CancellationToken cancel)
    {
        var isPosition = DecisionSource.TryParse(wanted, out var position);
        ReadDecision? found = null;
        var (read, others) = (0L, 0);
        await using var reader = await DecisionReader.OpenAsync(ClientRegion.Of(topology), new DecisionReaderOptions { Follow = false, FetchWaitMax = ClientRegion.FetchWaitMax });
        await foreach (var decision in reader.ReadAsync(cancel))
        {
            progress(++read);
            if (isPosition ? decision.Source != position : decision.Record.PaymentId != wanted)
            {
                continue;
            }

            // The first one of a payment decided it, and what was made anew since counts.
            others += found is null ? 0 : 1;
            found = found is null || isPosition ? decision : found;
        }

        if (found is null)
        {
            throw new InvalidInputFileException($"{topology.Region}/{topology.Home.Decisions} holds no decision {(isPosition ? "on position" : "of payment")} {CardNumber.Mask(wanted)}; scoring decisions --topology {topology.File} lists those that it holds");
        }

        if (others > 0 && !isPosition)
        {
            notices.Add(FormattableString.Invariant($"decisions of the payment: {others + 1:N0}, as it was published again or its id is another's too; this is the first. A position, REGION/TOPIC/PARTITION/OFFSET, names another"));
        }

        return found;
    }

    /// <summary>The payment's log, and those that change the policy.</summary>
    private static LogTable Needed(LogTable all, ReadDecision decision)
    {
        var source = new LogId(decision.Source.Region, decision.Source.Topic, decision.Source.Partition);
        var read = Enumerable.Range(0, all.Count).Where(logIndex => all.IsPolicy(logIndex) || all[logIndex] == source).ToList();
        return !read.Exists(logIndex => all[logIndex] == source)
            ? throw new InvalidInputFileException($"{source} is none of the logs that the topology reads")
            : new LogTable(
                read.Where(logIndex => all.FollowedRegionOf(logIndex) is null).Select(logIndex => (all[logIndex], all.KindOf(logIndex))),
                read.Where(logIndex => all.FollowedRegionOf(logIndex) is not null).Select(logIndex => (all[logIndex], all.KindOf(logIndex), all.FollowedRegionOf(logIndex)!)), all.TopicIds);
    }

    /// <summary>A batch of the one payment, behind what was in force of the policy.</summary>
    private (ReplayedBatch Script, Kafka.LogRange Range) ScriptOf(ReadDecision decision, LogTable logs, List<string> notices, CancellationToken cancel)
    {
        var script = ReplayedBatch.Read(decision.Vector, logs);
        if (decision.Vector.IsEmpty && topology.Control is not null)
        {
            notices.Add("the first decision of its batch is gone (retention): its policy is taken to be what was in force by the time of the decision");
            foreach (var logIndex in logs.PolicyLogs)
            {
                var records = (logs.KindOf(logIndex) == LogKind.Control ? PolicyLogs.ControlOf(topology) : PolicyLogs.ListsOf(topology)).ReadAll(cancel);
                script.Next[logIndex] = records.TakeWhile(record => record.AtMs <= decision.Record.DecidedAtMs).Select(record => record.Offset + 1).LastOrDefault();
            }
        }

        var range = RecordedLogs.RangeOf(topology, logs, readFromMs: null, long.MinValue, long.MaxValue);
        var payments = Enumerable.Range(0, logs.Count).First(logIndex => !logs.IsPolicy(logIndex));
        var offset = decision.Source.Offset;
        var isThere = offset >= range.Start[payments] && offset < range.End[payments]
            && (decision.SourceTopicId.Length == 0 || logs.TopicIdOf(payments) is not { } id || id == decision.SourceTopicId);
        (script.Next[payments], script.First[payments], script.Taken[payments]) = (offset, offset, isThere ? 1 : 0);
        if (!isThere)
        {
            notices.Add($"the payment's record is gone from {logs[payments].TopicName}: what rules saw cannot be shown");
        }

        var (from, to) = isThere ? (offset, offset + 1) : (range.End[payments], range.End[payments]);
        return (script, range with { Start = [.. range.Start.Index().Select(start => start.Index == payments ? from : start.Item)], End = [.. range.End.Index().Select(end => end.Index == payments ? to : end.Item)] });
    }

    private static Explanation Explain(DecisionRecord record, FeatureFile features, ReplayPolicy policy, PaymentBatch batch, IReadOnlyList<Step> deciding, List<string> notices)
    {
        var leased = (Policy)batch.Policy!;
        var parts = leased.Parts;
        if (policy.IdOf(parts, batch.Lists) is var id && record.Policy is not null && record.Policy != id)
        {
            notices.Add($"it was decided by policy {record.Policy}, and what is at hand is {id}: rules and lists may be others than those of then");
        }

        var model = parts.Models.FirstOrDefault(served => served.Model.Version == record.ModelVersion)?.Model as OnnxModel;
        if (model is null)
        {
            notices.Add($"the model {record.ModelName}@{record.ModelVersion} is not at hand: nothing is compared with its card");
        }

        var histograms = model?.Reference.Inputs.ToDictionary(input => input.Input, StringComparer.Ordinal) ?? [];
        var explained = record.Features.Select(feature =>
        {
            var index = features.Schema.IndexOf(feature.Key);
            var past = index < 0 ? null : features.PastOf(index);
            return new ExplainedFeature(feature.Key, feature.Value, past?.Entity, past?.Window, histograms.GetValueOrDefault(feature.Key));
        }).ToList();
        return new Explanation(record, explained, RulesOf(record, features.Schema, leased, batch, deciding, notices), notices);
    }

    private static List<ExplainedRule> RulesOf(DecisionRecord record, FeatureSchema schema, Policy policy, PaymentBatch batch, IReadOnlyList<Step> deciding, List<string> notices)
    {
        var rules = policy.Parts.Rules?.File.Rules ?? [];
        var fired = record.Rules.Concat(record.ShadowRules).ToHashSet(StringComparer.Ordinal);
        if (batch.DecideCount == 0)
        {
            return [.. rules.Select(rule => new ExplainedRule(rule, fired.Contains(rule.Name), []))];
        }

        var rowIndex = batch.DecideRows[0];
        SetRecorded(record, schema, policy.Parts, batch, rowIndex);
        foreach (var step in deciding.Where(step => step.Thread != StepThread.Lanes))
        {
            step.Run(batch);
        }

        var again = rules.Index().Where(rule => (batch.Rules.Fired(rowIndex)[rule.Index / 64] >> (rule.Index % 64) & 1) != 0).Select(rule => rule.Item.Name).ToHashSet(StringComparer.Ordinal);
        if (record.DecidedBy == "duplicate")
        {
            notices.Add("it repeats the payment's first decision, so no rule was asked");
        }
        else if (!again.SetEquals(fired))
        {
            notices.Add($"asked again, other rules fire than the decision names: {string.Join(", ", again.Order(StringComparer.Ordinal))}");
        }

        return [.. rules.Select((rule, i) => new ExplainedRule(rule, fired.Contains(rule.Name), policy.ValuesOf(i, batch, rowIndex)))];
    }

    /// <summary>What rules look at beside the payment is what the decision says.</summary>
    private static void SetRecorded(DecisionRecord record, FeatureSchema schema, PolicyParts parts, PaymentBatch batch, int rowIndex)
    {
        foreach (var (name, value) in record.Features)
        {
            if (schema.IndexOf(name) is >= 0 and var index && !schema.IsText(index))
            {
                batch.Features.Column(index)[rowIndex] = value as double? ?? double.NaN;
            }
        }

        for (var shadow = 0; shadow < parts.Shadows.Models.Count; shadow++)
        {
            batch.Shadows.Column(shadow)[rowIndex] = record.Shadow.FirstOrDefault(given => given.Model == parts.Shadows.Models[shadow].Id)?.Probability ?? double.NaN;
        }

        var given = parts.Models.Index().Where(served => served.Item.Model.Version == record.ModelVersion).Select(served => served.Index).DefaultIfEmpty(PaymentBatch.NoModel).First();
        (batch.RawScore[rowIndex], batch.Probability[rowIndex]) = (record.Raw ?? double.NaN, record.Probability ?? double.NaN);
        // A model that is not at hand was the champion then, as far as it can be told.
        batch.ModelGiven[rowIndex] = record.Probability is null ? PaymentBatch.NoModel : given == PaymentBatch.NoModel ? (byte)parts.Models.Index().First(served => served.Item.Role == Scoring.ModelRole.Champion).Index : (byte)given;
        batch.ModelAsked[rowIndex] = batch.ModelGiven[rowIndex];
        batch.Reasons.Count[rowIndex] = 0;
        (batch.FirstSequence[rowIndex], batch.FirstOffset[rowIndex]) = (-1, -1);
    }
}
