using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Lists;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// Derives every decision again with the policy that its batch's vector names, from the logs alone;
/// and demands that within a partition the policy never goes back.
/// </summary>
internal sealed class PolicyOracle
{
    private readonly SimulationContext _context;
    private readonly SimulatedPolicy _policy;

    /// <summary>By offset of the control log: what decides once everything before it is read.
    /// </summary>
    private readonly List<(ControlState Applied, PolicyParts Parts)> _byControl = [];
    private readonly List<(string List, string Entry, long? UntilMs, bool IsRemoval)?> _entries;

    public PolicyOracle(SimulationContext context)
    {
        (_context, _policy) = (context, new SimulatedPolicy(context));
        var (control, applied) = (ControlState.Empty, ControlState.Empty);
        _byControl.Add((applied, _policy.Make(applied)));
        foreach (var (offset, record) in context.Cluster.Input(SimulatedPolicy.ControlLog).Records.Index())
        {
            try
            {
                var change = ControlChange.Read(record.Value);
                control = control.With(change, offset, record.TimestampMs, out var refusal);
                var next = refusal is null ? applied.Taking(control, change.Parts.Select(part => part.Kind)) : applied;
                applied = _policy.Make(next) is not null ? next : applied;
            }
            catch (Exception e) when (e is JsonException or PolicyNotMadeException)
            {
                // Passed over, or not applied: what decided before goes on.
            }

            _byControl.Add((applied, _policy.Make(applied)));
        }

        _entries = [.. context.Cluster.Input(SimulatedPolicy.ListLog).Records.Select(record =>
            ListRecord.TryRead(record.Value, out var list, out var entry, out var until, out var isRemoval) ? (list, entry, until, isRemoval) : ((string, string, long?, bool)?)null)];
    }

    /// <summary>
    /// No owner decides by an older policy than it did before, nor than the decisions name that it
    /// found when it took the partition over.
    /// </summary>
    public void CheckOwners(int partition)
    {
        var records = _context.Cluster.Decisions[partition].Records;
        foreach (var (process, _, found) in _context.TailsRead.Where(tail => tail.Partition == partition).DistinctBy(tail => tail.Process))
        {
            var before = records.Take(found).Select(PositionsOf).Aggregate((Control: 0L, Lists: 0L), (most, at) => (Math.Max(most.Control, at.Control), Math.Max(most.Lists, at.Lists)));
            foreach (var record in records.Where(record => record.Writer == process))
            {
                var now = PositionsOf(record);
                Require(IsNotBefore(now, before), record, $"is decided by {process} at {now} of the policy's logs, and one that it knew at {before}");
                before = now;
            }
        }
    }

    /// <param name="seen">The decisions of a partition as its readers see them.</param>
    /// <exception cref="PromiseBrokenException">A promise does not hold.</exception>
    public void Check(IEnumerable<SimulatedLog.Record> seen)
    {
        var before = (Control: 0L, Lists: 0L);
        foreach (var record in seen)
        {
            var now = PositionsOf(record);
            // Nothing fences what a former owner still sends without transactions.
            Require(!_context.IsTransactional || IsNotBefore(now, before), record, $"is decided at {now} of the policy's logs, and the one before it at {before}");
            before = now;
            CheckVerdict(record, _byControl[(int)now.Control], (int)now.Lists);
        }
    }

    private void CheckVerdict(SimulatedLog.Record record, (ControlState Applied, PolicyParts Parts) policy, int listsRead)
    {
        var decision = DecisionMessagePack.Read(record.Value);
        var lists = ListSet.Empty(Identity.IdentityHash.Development).With([.. _entries.Take(listsRead).OfType<(string List, string Entry, long? UntilMs, bool IsRemoval)>()
            .Select(entry => new ListChange(entry.List, entry.Entry, entry.UntilMs ?? ListEntry.Forever, entry.IsRemoval))], 0);
        Require(decision.Policy == policy.Parts.IdBy(lists.Lists), record, $"names policy {decision.Policy}, derived {policy.Parts.IdBy(lists.Lists)}");
        if (decision.Flags.Contains("duplicate"))
        {
            return;
        }

        var input = _context.Cluster.Input(record.Source).Records[(int)record.SourceOffset];
        var payment = PaymentMessagePack.ReadPayment(input.Value);
        var (action, rules) = Verdict(policy.Applied, payment, decision.Score, input.TimestampMs, listsRead);
        Require(decision.Action == action && decision.Rules.SequenceEqual(rules), record, $"is {decision.Action} by {string.Join(",", decision.Rules)}, derived {action} by {string.Join(",", rules)}");
    }

    /// <summary>What the rules say, worked out without the language that they are written in.
    /// </summary>
    private (string Action, List<string> Rules) Verdict(ControlState control, Payment payment, int score, long atMs, int listsRead)
    {
        var rules = new List<string>();
        string? block = null, allow = null, review = null;
        foreach (var line in (control.TextOf(ControlPart.Rules) ?? "").Split('\n'))
        {
            var bound = line.Contains(' ', StringComparison.Ordinal) && decimal.TryParse(line[line.LastIndexOf(' ')..], out var number) ? number : 0;
            var fires = line.StartsWith("block listed", StringComparison.Ordinal) ? IsListed("cards", payment.CardId)
                : line.StartsWith("allow trusted", StringComparison.Ordinal) ? IsListed("merchants", payment.MerchantId) && AmountOf(payment) < bound
                : line.StartsWith("review big", StringComparison.Ordinal) && AmountOf(payment) >= bound;
            if (fires)
            {
                rules.Add(line.Split(' ')[1]);
                (allow, block, review) = (line[0] == 'a' ? "allow" : allow, line[0] == 'b' ? "block" : block, line[0] == 'r' ? "review" : review);
            }
        }

        var thresholds = SimulatedPolicy.ThresholdsOf(control);
        return (allow ?? block ?? review ?? (score >= thresholds.BlockFrom ? "block" : score >= thresholds.ReviewFrom ? "review" : score >= thresholds.ChallengeFrom ? "challenge" : "allow"), rules);

        bool IsListed(string list, string? entry)
        {
            var last = _entries.Take(listsRead).LastOrDefault(change => change is { } known && known.List == list && known.Entry == entry);
            // Ends are whole seconds, rounded up.
            return last is { IsRemoval: false } found && (found.UntilMs is not { } until || atMs < (until + 999) / 1000 * 1000);
        }
    }

    private static decimal AmountOf(Payment payment) => payment.Currency == "JPY" ? payment.AmountMinor : payment.AmountMinor / 100m;

    private static bool IsNotBefore((long Control, long Lists) now, (long Control, long Lists) before) => now.Control >= before.Control && now.Lists >= before.Lists;

    private static (long Control, long Lists) PositionsOf(SimulatedLog.Record record)
    {
        var vector = BatchVector.Read(record.Vector);
        return (PositionIn(vector, SimulatedPolicy.ControlLog), PositionIn(vector, SimulatedPolicy.ListLog));
    }

    private static long PositionIn(IReadOnlyList<BatchVector.Entry> vector, LogId log) =>
        vector.Single(entry => new LogId(entry.Region, entry.Topic, entry.Partition) == log).Next;

    private static void Require(bool holds, SimulatedLog.Record record, string otherwise)
    {
        if (!holds)
        {
            throw new PromiseBrokenException($"the decision on {record.Source}/{record.SourceOffset} {otherwise}");
        }
    }
}
