using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Tests;

/// <summary>Batches for tests: records in, decoded columns out.</summary>
internal static class TestBatch
{
    public const long LogTimestampMs = 1_700_000_000_000;

    public static readonly LogTable Logs = new(
    [
        (new LogId("eu", "labels", 0), LogKind.Labels),
        (new LogId("eu", "payments", 0), LogKind.Payments),
        (new LogId("eu", "payments", 1), LogKind.Payments),
    ]);

    public const int Labels = 0, Payments = 1, MorePayments = 2;

    public static BatchLayout Layout { get; } = new(new HashSet<TextField>(Enum.GetValues<TextField>()), ["basket", "agent"], 0);

    public static PaymentBatch Decode(params byte[][] values) => Decode(new IngestLimits(), Payments, values);

    public static PaymentBatch Decode(IngestLimits limits, int logIndex, params byte[][] values)
    {
        var batch = new PaymentBatch(Layout, Math.Max(values.Length, 1), 64);
        for (var i = 0; i < values.Length; i++)
        {
            batch.Append(logIndex, i, LogTimestampMs, decide: true, values[i], limits.RecordBytesMax);
        }

        new RecordDecoder(Layout, limits, Logs).Decode(batch);
        return batch;
    }

    public static string TextOf(PaymentBatch batch, int rowIndex, TextField field) =>
        System.Text.Encoding.UTF8.GetString(batch.Text(field).Value(batch.Bytes, rowIndex));
}
