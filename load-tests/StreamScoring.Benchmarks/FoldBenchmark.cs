using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Benchmarks;

/// <summary>
/// B3: folds payments into three entities with five windows each (the mean amount of each) and
/// reads all fifteen features, against
/// <see cref="DictionaryWindows"/>, which computes the same fifteen. Both get the same rows, with
/// keys hashed already. Time is the thread's CPU time.
/// </summary>
internal static class FoldBenchmark
{
    private const int BatchRows = 256, EventSpacingMs = 10;

    private static readonly TextField[] Entities = [TextField.CardId, TextField.MerchantId, TextField.DeviceId];
    private static readonly string[] Windows = ["1m", "10m", "1h", "6h", "24h"];
    private static readonly long[] WindowsMs = [60_000, 600_000, 3_600_000, 21_600_000, 86_400_000];

    private static long _approximate;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (keys, runs, rows) = (options.Integer("keys", 1_000_000), options.Integer("runs", 5), options.Integer("rows", 1_000_000));
        // So many events that the longest window is full before anything is measured.
        var warmUp = options.Integer("warm-up", (int)(WindowsMs[^1] / EventSpacingMs));
        var results = new ResultFile(options.Text("results"));
        results.Machine("fold", options.Text("command") ?? "fold");
        var stream = new EventStream(keys, options.Number("exponent", 1.1));
        var file = FeatureFiles.Parse("fold", Features());
        var engine = new FeatureEngine(file);
        var baseline = Entities.Select(_ => new DictionaryWindows(WindowsMs)).ToArray();
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        var means = new double[BatchRows * Entities.Length * Windows.Length];

        var memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
        for (var row = 0; row < warmUp; row += BatchRows)
        {
            stream.Fill(batch);
            FoldBaseline(batch, baseline, means);
        }

        var baselineBytes = GC.GetTotalMemory(forceFullCollection: true) - memoryBefore;
        stream.Restart();
        for (var row = 0; row < warmUp; row += BatchRows)
        {
            stream.Fill(batch);
            engine.Enrich(batch);
        }

        var bytes = engine.Sizes.Sum(size => size.Bytes);
        var (keyCount, eventCount) = (engine.Sizes.Sum(size => (long)size.Keys), engine.CountEvents());
        var (ours, theirs, followed) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var (ourNs, theirNs, followNs) = (0L, 0L, 0L);
            for (var row = 0; row < rows; row += BatchRows)
            {
                stream.Fill(batch);
                // The order alternates, so that neither always finds the other's rows in the cache.
                if ((row / BatchRows & 1) == 0)
                {
                    ourNs += Time(() => engine.Enrich(batch));
                    theirNs += Time(() => FoldBaseline(batch, baseline, means));
                }
                else
                {
                    theirNs += Time(() => FoldBaseline(batch, baseline, means));
                    ourNs += Time(() => engine.Enrich(batch));
                }

                Compare(batch, means);
            }

            // What a follower pays: the same rows, folded and not read.
            for (var row = 0; row < rows / 4; row += BatchRows)
            {
                stream.Fill(batch);
                FoldBaseline(batch, baseline, means);
                PaymentBatches.SetDecide(batch, false);
                followNs += Time(() => engine.Enrich(batch));
                PaymentBatches.SetDecide(batch, true);
            }

            ours[run] = ourNs / (double)rows;
            theirs[run] = theirNs / (double)rows;
            followed[run] = followNs / (double)(rows / 4);
            results.Append(new
            {
                benchmark = "fold",
                run = run + 1,
                ratio = Statistics.Rounded(theirs[run] / ours[run]),
                nsPerEvent = Statistics.Rounded(ours[run]),
                nsPerEventFollowed = Statistics.Rounded(followed[run]),
                dictionaryNsPerEvent = Statistics.Rounded(theirs[run]),
            });
            Console.Error.WriteLine($"run {run + 1}: {ours[run]:0} ns per event, Dictionary {theirs[run]:0} ns, followed {followed[run]:0} ns");
        }

        results.Summary(new
        {
            benchmark = "fold",
            entities = Entities.Length,
            windows = Windows.Length,
            keys,
            runs,
            rows,
            ratio = Statistics.Of(ours.Zip(theirs, (our, their) => their / our)),
            nsPerEvent = Statistics.Of(ours),
            nsPerEventFollowed = Statistics.Of(followed),
            dictionaryNsPerEvent = Statistics.Of(theirs),
            keysHeld = keyCount,
            eventsHeld = eventCount,
            featuresApproximate = Statistics.Rounded((double)_approximate / ((long)runs * rows * Entities.Length * Windows.Length)),
            bytes,
            bytesPerKey = Statistics.Rounded((double)bytes / keyCount),
            bytesPerEvent = Statistics.Rounded((double)bytes / eventCount),
            dictionaryBytesPerEvent = Statistics.Rounded((double)baselineBytes / baseline.Sum(entity => entity.CountEvents())),
        });
        return 0;
    }

    private static string Features()
    {
        var yaml = new StringBuilder("version: 1\nlateness: 0s\nfeatures:\n");
        foreach (var entity in Entities)
        {
            foreach (var window in Windows)
            {
                var field = TextFields.NameOf(entity);
                yaml.AppendLine($"  - {{name: {field}_{window}, entity: {field}, aggregate: mean, of: amount, window: {window}}}");
            }
        }

        return yaml.ToString();
    }

    private static void FoldBaseline(PaymentBatch batch, DictionaryWindows[] entities, double[] means)
    {
        for (var row = 0; row < BatchRows; row++)
        {
            for (var entity = 0; entity < entities.Length; entity++)
            {
                entities[entity].Add(
                    batch.Text(Entities[entity]).Hash[row], batch.EventTimeMs[row], batch.AmountMinor[row],
                    means.AsSpan(((row * entities.Length) + entity) * Windows.Length, Windows.Length));
            }
        }
    }

    /// <summary>
    /// A benchmark of wrong answers is worth nothing: every feature of every row is compared. Those
    /// of hot keys must be within their bounds.
    /// </summary>
    private static void Compare(PaymentBatch batch, double[] means)
    {
        for (var feature = 0; feature < Entities.Length * Windows.Length; feature++)
        {
            var column = batch.Features.Column(feature);
            for (var row = 0; row < BatchRows; row++)
            {
                var expected = means[(row * Entities.Length * Windows.Length) + feature];
                var bound = batch.IsApproximate[row] ? batch.Bounds.Column(feature)[row] : 0;
                _approximate += bound != 0 ? 1 : 0;
                if (!(Math.Abs(column[row] - expected) <= bound + (1e-9 * expected)))
                {
                    throw new InvalidOperationException($"feature {feature} is {column[row]} ± {bound}, the dictionary says {expected}");
                }
            }
        }
    }

    private static long Time(Action action)
    {
        var startedNs = ThreadClock.NowNs();
        action();
        return ThreadClock.NowNs() - startedNs;
    }

    /// <summary>
    /// The same stream of events for both sides: every entity's keys by their own draw.
    /// </summary>
    private sealed class EventStream(int keys, double exponent)
    {
        private readonly ZipfKeys _zipf = new(keys, exponent);
        private readonly UInt128[][] _hashes = [.. Entities.Select(entity => HashesOf(keys, (int)entity))];
        private Random _random = new(1);
        private long _timeMs = 1_700_000_000_000;

        public void Restart() => (_random, _timeMs) = (new Random(1), 1_700_000_000_000);

        public void Fill(PaymentBatch batch)
        {
            for (var row = 0; row < BatchRows; row++)
            {
                batch.EventTimeMs[row] = batch.WatermarkMs[row] = _timeMs += EventSpacingMs;
                batch.AmountMinor[row] = _random.Next(1, 100_000);
                for (var entity = 0; entity < Entities.Length; entity++)
                {
                    batch.Text(Entities[entity]).Hash[row] = _hashes[entity][_zipf.Next(_random)];
                }
            }
        }

        private static UInt128[] HashesOf(int keys, int seed) =>
            [.. Enumerable.Range(0, keys).Select(key => IdentityHash.Development.Of(Encoding.ASCII.GetBytes($"{seed}-{key}")))];
    }
}
