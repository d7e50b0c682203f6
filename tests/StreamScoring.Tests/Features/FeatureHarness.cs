using System.Buffers;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Ingest;

namespace StreamScoring.Tests.Features;

/// <summary>Folds payments and labels through decoder and engine, in batches of any size, and collects the features of the payments.</summary>
internal sealed class FeatureHarness(string yaml, int batchRows = 64)
{
    private readonly FeatureFile _file = FeatureFile.Parse("features.yaml", yaml);
    private FeatureEngine? _engine;

    public FeatureSchema Schema => _file.Schema;

    public FeatureEngine Engine => _engine ??= new FeatureEngine(_file);

    /// <returns>One array of features per payment, in the order of the events.</returns>
    public List<double[]> Fold(IEnumerable<object> events)
    {
        var decoder = new RecordDecoder(_file.Layout, new IngestLimits(), TestBatch.Logs);
        var results = new List<double[]>();
        foreach (var chunk in events.Chunk(batchRows))
        {
            var batch = new PaymentBatch(_file.Layout, chunk.Length, 1024);
            for (var i = 0; i < chunk.Length; i++)
            {
                batch.Append(
                    chunk[i] is Label ? TestBatch.Labels : TestBatch.Payments, i, TestBatch.LogTimestampMs, decide: true, Encode(chunk[i]), int.MaxValue);
            }

            decoder.Decode(batch);
            Assert.All(Enumerable.Range(0, batch.RowCount), row => Assert.Equal(RejectReason.None, batch.Rejection[row].Reason));
            Engine.Enrich(batch);
            foreach (var row in batch.DecideRows.Take(batch.DecideCount))
            {
                results.Add([.. Enumerable.Range(0, Schema.Names.Count).Select(feature => batch.Features.Column(feature)[row])]);
            }
        }

        return results;
    }

    private static byte[] Encode(object record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        if (record is Payment payment)
        {
            PaymentMessagePack.Write(ref writer, payment);
        }
        else
        {
            PaymentMessagePack.Write(ref writer, (Label)record);
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
