using System.Text;
using Akka.Streams;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Streams;

namespace StreamScoring.Training;

/// <summary>What a policy would have decided for recorded payments.</summary>
/// <param name="Frauds">Payments that are known to be fraud at the end.</param>
/// <param name="Actions">By action, as decisions write it.</param>
public sealed record BacktestSummary(long Payments, long Frauds, IReadOnlyList<RuleTally> Rules, IReadOnlyDictionary<string, long> Actions);

/// <summary>
/// Decides recorded payments by a policy, with the steps of the live path: features as they were
/// known at each payment, score, rules, thresholds.
/// </summary>
/// <param name="policy">With rules.</param>
public sealed class RuleBacktest(FeatureFile features, PolicyParts policy, IRecordedPayments recorded, IMaterializer materializer)
{
    private const int BatchRows = 512, BatchesMax = 8;

    /// <summary>What the written table has.</summary>
    public static IReadOnlyList<(string Name, bool IsText)> Columns { get; } = [("payment_id", true), ("action", true), ("score", false), ("decided_by", true), ("rules", true)];

    private static readonly byte[][] Actions = [.. Enum.GetNames<DecisionAction>().Select(name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))];
    private static readonly byte[][] Deciders = [.. Enum.GetNames<DecidedBy>().Select(name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))];

    /// <param name="output">A row for each payment; null: none is written.</param>
    /// <param name="progress">Told the number of payments decided so far.</param>
    /// <exception cref="InvalidInputFileException">A row of a table does not hold to the
    /// contract.</exception>
    public async Task<BacktestSummary> RunAsync(TableWriter? output, Action<long>? progress, CancellationToken cancel)
    {
        var rules = policy.Rules?.File.Rules ?? [];
        var (counts, actions, payments, frauds) = (new RuleCounts(rules), new long[Actions.Length], 0L, 0L);
        using var source = recorded.Open();
        var state = recorded.NewState(features);
        var decisions = new DecisionParts(policy, new FirstDecisions(recorded.Idempotency.PaymentsMax)) { IsWritten = false };
        using var engine = new Engine(new EngineParts(recorded.Logs, features, state, decisions)
        {
            Limits = recorded.Limits,
            Identity = recorded.Identity,
            BatchesMax = BatchesMax,
            BatchRowsMax = BatchRows,
        });
        // All is there, so whatever is waited for comes.
        var (stop, done) = ScoringGraph.Build(engine, source, new LiveOptions(new PipelineOptions { MergeWaitMax = TimeSpan.FromDays(1) }), batch =>
        {
            cancel.ThrowIfCancellationRequested();
            recorded.Look(batch);
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                if (batch.IsDuplicate[rowIndex] && batch.DecidedBy[rowIndex] != DecidedBy.Duplicate)
                {
                    // Its payment came before the first one that is decided here.
                    continue;
                }

                var id = batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex);
                // A payment that came again is one payment.
                var isFraud = !batch.IsDuplicate[rowIndex] && recorded.IsFraud(batch, rowIndex);
                frauds += isFraud ? 1 : 0;
                counts.Add(batch, rowIndex, isFraud);
                payments++;
                actions[(int)batch.Action[rowIndex]]++;
                if (output is not null)
                {
                    Write(output, batch, rowIndex, id);
                }
            }

            progress?.Invoke(payments);
        }).Run(materializer);
        await using var stopping = cancel.Register(() => stop.Abort(new OperationCanceledException(cancel)));
        await done;
        return new BacktestSummary(
            payments, frauds, counts.Tallies(),
            Actions.Select((action, i) => (Encoding.UTF8.GetString(action), actions[i])).ToDictionary(StringComparer.Ordinal));
    }

    private void Write(TableWriter output, PaymentBatch batch, int rowIndex, ReadOnlySpan<byte> id)
    {
        output.Text(id);
        output.Text(Actions[(int)batch.Action[rowIndex]]);
        output.Number(double.IsNaN(batch.Probability[rowIndex]) ? double.NaN : batch.Score[rowIndex]);
        var rules = policy.Rules?.File.Rules ?? [];
        output.Text(batch.DecidedBy[rowIndex] == DecidedBy.Rule ? Encoding.UTF8.GetBytes($"rules/{rules[batch.Rules.Deciding[rowIndex]].Name}") : Deciders[(int)batch.DecidedBy[rowIndex]]);
        var fired = new List<string>();
        for (var rule = 0; rule < rules.Count; rule++)
        {
            if (!rules[rule].IsShadow && (batch.Rules.Fired(rowIndex)[rule / 64] >> (rule % 64) & 1) != 0)
            {
                fired.Add(rules[rule].Name);
            }
        }

        output.Text(Encoding.UTF8.GetBytes(string.Join(';', fired)));
        output.EndRow();
    }
}
