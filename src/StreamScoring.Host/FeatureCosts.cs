using System.Buffers;
using System.Diagnostics;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Generator;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Host;

/// <summary>
/// Measures what features cost: each alone, with those that it looks at, over a generated world.
/// The state runs as it does live, on one thread.
/// </summary>
internal sealed class FeatureCosts
{
    private const int BatchRows = 256, Repeats = 3, Labels = 0, Payments = 1;

    private static readonly LogTable Logs = new([(new LogId("cost", "labels", 0), LogKind.Labels), (new LogId("cost", "payments", 0), LogKind.Payments)]);

    private readonly List<(int Log, long TimestampMs, byte[] Value)> _records = [];

    /// <param name="paymentCount">Payments of the world. The first half warms the state up.</param>
    public FeatureCosts(int paymentCount)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var labels = new PriorityQueue<Label, long>();
        foreach (var generated in new World(new WorldOptions()).Payments().Take(paymentCount))
        {
            while (labels.TryPeek(out var label, out var knownAtMs) && knownAtMs <= generated.Payment.EventTimeMs)
            {
                labels.Dequeue();
                _records.Add((Labels, knownAtMs, Encoded(buffer, (ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, label))));
            }

            _records.Add((Payments, generated.Payment.EventTimeMs, Encoded(buffer, (ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, generated.Payment))));
            labels.Enqueue(generated.Label, generated.KnownAtMs);
        }
    }

    private delegate void Write(ref MessagePackWriter writer);

    /// <summary>Nanoseconds that the state's thread takes for a payment, the least of three
    /// runs.</summary>
    public double NsOfPayment(FeatureFile file, CancellationToken cancel) => Enumerable.Range(0, Repeats).Min(_ => Run(file, cancel));

    private double Run(FeatureFile file, CancellationToken cancel)
    {
        var state = new FoldedState(file, Logs, IdempotencyOptions.Default);
        var decoder = new RecordDecoder(file.Layout, new IngestLimits { EventTimeFloorMs = 0 }, Logs);
        var batch = new PaymentBatch(file.Layout, BatchRows, 1 << 17);
        long[] next = [0, 0];
        var (ticks, payments) = (0L, 0L);
        for (var at = 0; at < _records.Count; at += BatchRows)
        {
            cancel.ThrowIfCancellationRequested();
            batch.Clear();
            foreach (var (log, timestampMs, value) in _records.Skip(at).Take(BatchRows))
            {
                batch.Append(log, next[log]++, timestampMs, decide: true, value, int.MaxValue);
            }

            decoder.Decode(batch);
            if (batch.RejectedCount > 0)
            {
                var reason = batch.Rejection.AsSpan(0, batch.RowCount).ToArray().First(rejection => rejection.Reason != RejectReason.None);
                throw new InvalidOperationException($"{batch.RejectedCount} generated records are refused: {reason}");
            }

            var started = Stopwatch.GetTimestamp();
            state.Enrich(batch);
            if (at >= _records.Count / 2)
            {
                ticks += Stopwatch.GetTimestamp() - started;
                payments += batch.DecideCount;
            }
        }

        return ticks * 1e9 / Stopwatch.Frequency / Math.Max(1, payments);
    }

    private static byte[] Encoded(ArrayBufferWriter<byte> buffer, Write write)
    {
        buffer.ResetWrittenCount();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
