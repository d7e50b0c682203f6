using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.Identity;
using StreamScoring.Lists;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What an import costs the thread that folds: entries come in batches of a log's records, and each
/// batch is read and put into the list. In one run: the pause of a batch while the list is small,
/// and while it is large.
/// </summary>
internal static class ListImportBenchmark
{
    /// <summary>Records of a list in one batch (<c>LogMerge</c>).</summary>
    private const int RowsOfBatch = 64;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var entries = options.Integer("entries", 1_000_000);
        var records = Enumerable.Range(0, entries).Select(i => (byte[])[.. ListRecord.KeyOf("cards", $"card-{i:d8}"), .. ListRecord.ValueOf(null, null)]).ToArray();
        Import(records.AsSpan(0, Math.Min(entries, 100_000)), out _, out _);
        var heapBytes = HeapBytes();
        var collections = GC.CollectionCount(0);
        var pauses = Import(records, out var list, out var collecting);
        collections = GC.CollectionCount(0) - collections;
        var tenth = pauses.Length / 10;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "lists",
            entries,
            bytes_an_entry = Math.Round((double)list.Bytes / entries, 1),
            // With the gaps that earlier leaves left.
            heap_bytes_an_entry = Math.Round((double)(HeapBytes() - heapBytes) / entries, 1),
            entry_us = Math.Round(pauses.Sum() / entries * 1000, 2),
            batch_ms = Percentiles(pauses),
            first_tenth_ms = Percentiles(pauses.AsSpan(0, tenth).ToArray()),
            last_tenth_ms = Percentiles(pauses.AsSpan(pauses.Length - tenth).ToArray()),
            over_5_ms = pauses.Count(pause => pause > 5),
            collections,
            gc_pause_ms = Math.Round(collecting.Sum(), 0),
            // On a machine with other work a batch may also wait for a core.
            gc_pause_longest_ms = Math.Round(collecting.Max(), 1),
        }));
        return 0;
    }

    private static long HeapBytes()
    {
        GC.Collect();
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).HeapSizeBytes;
    }

    /// <param name="collecting">Of each batch: how long the garbage collector stopped it,
    /// ms.</param>
    /// <returns>Of each batch, ms.</returns>
    private static double[] Import(ReadOnlySpan<byte[]> records, out EntryList list, out double[] collecting)
    {
        var set = ListSet.Empty(IdentityHash.Development);
        var pauses = new double[(records.Length + RowsOfBatch - 1) / RowsOfBatch];
        collecting = new double[pauses.Length];
        for (var batch = 0; batch < pauses.Length; batch++)
        {
            var stopped = GC.GetTotalPauseDuration();
            var started = Stopwatch.GetTimestamp();
            var changes = new List<ListChange>();
            foreach (var record in records[(batch * RowsOfBatch)..Math.Min(records.Length, (batch + 1) * RowsOfBatch)])
            {
                if (ListRecord.TryRead(record, out var name, out var entry, out var until, out var isRemoval))
                {
                    changes.Add(new ListChange(name, entry, until ?? ListEntry.Forever, isRemoval));
                }
            }

            set = set.With(changes, batch);
            pauses[batch] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            collecting[batch] = (GC.GetTotalPauseDuration() - stopped).TotalMilliseconds;
        }

        list = set["cards"];
        return pauses;
    }

    private static Dictionary<string, double> Percentiles(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return new[] { 0.5, 0.99, 0.999, 1 }.ToDictionary(
            share => string.Create(CultureInfo.InvariantCulture, $"p{share * 100}"), share => Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))], 3));
    }
}
