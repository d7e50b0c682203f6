using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.TestSupport;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What a snapshot costs by its keys and bytes: one of many keys with an event each, one of fewer
/// keys with many. Written and read as in a process. Copying is the thread's CPU time; the rest is
/// done by other threads, so it is the process's, less the copying.
/// </summary>
/// <param name="SweepKeyNs">A key copied by the thread that folds, and beside that each
/// byte.</param>
/// <param name="SnapshotKeyNs">A key hashed, checksummed and written by another.</param>
/// <param name="RestoreKeyNs">A key read back.</param>
internal sealed record SnapshotCosts(double SweepKeyNs, double SweepByteNs, double SnapshotKeyNs, double SnapshotByteNs, double RestoreKeyNs, double RestoreByteNs)
{
    private const int BatchRows = 1024, ManyKeys = 1_500_000, FewKeys = 30_000, EventsOfFew = 200;

    private static readonly LogTable Logs = new([(new LogId("eu", "payments", 0), LogKind.Payments)]);

    // No payment is remembered, so that all of a snapshot is keys.
    private static readonly IdempotencyOptions NoWindow = new(TimeSpan.Zero, 1000);

    public static SnapshotCosts Measure()
    {
        var file = FeatureFiles.Parse("constants", "version: 1\nfeatures: [{name: mean_7d, entity: card_id, aggregate: mean, of: amount, window: 7d}]\n");
        var many = Run(file, ManyKeys, ManyKeys);
        var few = Run(file, FewKeys, FewKeys * EventsOfFew);
        var (sweep, write, restore) = (Solve(run => run.SweepNs), Solve(run => run.WriteNs), Solve(run => run.RestoreNs));
        return new SnapshotCosts(sweep.KeyNs, sweep.ByteNs, write.KeyNs, write.ByteNs, restore.KeyNs, restore.ByteNs);

        // Two equations: keys and bytes of each.
        (double KeyNs, double ByteNs) Solve(Func<Took, double> ns)
        {
            var determinant = (many.Keys * few.Bytes) - (few.Keys * many.Bytes);
            return (
                Math.Max(0, ((ns(many) * few.Bytes) - (ns(few) * many.Bytes)) / determinant),
                Math.Max(0, ((many.Keys * ns(few)) - (few.Keys * ns(many))) / determinant));
        }
    }

    private static Took Run(FeatureFile file, int cards, int payments)
    {
        var state = new FoldedState(file, Logs, NoWindow);
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        PaymentBatches.SetDecide(batch, false);
        for (var number = 0L; number < payments;)
        {
            for (var row = 0; row < BatchRows; row++, number++)
            {
                (batch.LogIndex[row], batch.Offset[row]) = (0, number);
                batch.LogTimestampMs[row] = batch.EventTimeMs[row] = 1_700_000_000_000 + number;
                batch.AmountMinor[row] = number % 9000;
                batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(number));
                batch.Text(TextField.CardId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(-1 - (number % cards)));
            }

            state.Enrich(batch);
        }

        var folder = Directory.CreateTempSubdirectory("constants").FullName;
        try
        {
            var history = HistoryOf(file, folder);
            var (processStarted, sweepNs) = (Environment.CpuUsage.TotalTime, 0L);
            var written = state.CopyAsync((head, chunks) => history.Write(head, chunks, state.Features.NewDigest(), DateTimeOffset.UnixEpoch));
            while (!written.IsCompleted)
            {
                var startedNs = ThreadClock.NowNs();
                var isMore = state.Advance(FoldedState.BytesPerStep);
                sweepNs += ThreadClock.NowNs() - startedNs;
                // Where the writer is behind it is waited for, which takes no CPU.
                _ = isMore || written.Wait(millisecondsTimeout: 1);
            }

            var writeNs = (Environment.CpuUsage.TotalTime - processStarted).TotalNanoseconds - sweepNs;
            processStarted = Environment.CpuUsage.TotalTime;
            var (restored, from) = history.RestoreNewest(() => new FoldedState(file, Logs, NoWindow));
            var restoreNs = (Environment.CpuUsage.TotalTime - processStarted).TotalNanoseconds;
            Invariant.Require(from is not null);
            var keys = restored.Features.Sizes.Sum(size => (long)size.Keys);
            Invariant.Require(keys == cards);
            Console.Error.WriteLine($"snapshot of {keys} keys, {written.Result >> 20} MiB: copied in {sweepNs / 1e6:0} ms of CPU, written in {writeNs / 1e6:0}, read in {restoreNs / 1e6:0}");
            return new Took(keys, written.Result, sweepNs, writeNs, restoreNs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SnapshotHistory HistoryOf(FeatureFile file, string folder) =>
        new(new SnapshotFolder(folder), file, new Dictionary<string, string>(), "", "bench", keep: 1, new TextLogger(Console.Error.WriteLine));

    private readonly record struct Took(double Keys, double Bytes, double SweepNs, double WriteNs, double RestoreNs);
}
