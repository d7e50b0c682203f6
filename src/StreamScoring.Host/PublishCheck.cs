using System.Buffers;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Ingest;

namespace StreamScoring.Host;

/// <summary>
/// Looks through tables before anything of them is published, with the pipeline's own decoder: what
/// that refuses would end as a dead letter, and a card number would stand in a topic.
/// </summary>
internal static class PublishCheck
{
    private const int RowsMax = 1024, BytesInitial = 1 << 20;

    /// <param name="asJson">Whether the records are to be JSON, which takes more bytes.</param>
    /// <param name="stampsEventTime">Whether records are to carry what they are ordered by as their
    /// timestamp, not the current time.</param>
    /// <returns>Rows that are to be left out.</returns>
    /// <exception cref="InvalidInputFileException">
    /// The pipeline would refuse rows. The message names file, row and field of each, how many
    /// there are, and what to do.
    /// </exception>
    public static TableRefusals Require(PaymentTable table, FeatureFile features, IngestLimits limits, bool asJson = false, bool stampsEventTime = false)
    {
        var decoder = new RecordDecoder(features.Layout, limits, FileLogSource.Logs);
        var batch = new PaymentBatch(features.Layout, RowsMax, BytesInitial);
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var json = new ArrayBufferWriter<byte>(4096);
        var (payments, labels) = (0L, 0L);
        var refusals = new TableRefusals(table);
        foreach (var (isLabel, orderMs, value) in table.InOrder())
        {
            var (log, index) = isLabel ? (0, labels++) : (1, payments++);
            batch.Append(log, index, stampsEventTime ? orderMs : nowMs, decide: true, asJson ? JsonOf(value, isLabel, json) : value.Span, limits.RecordBytesMax);
            if (batch.RowCount == RowsMax)
            {
                Decode();
            }
        }

        Decode();
        refusals.Require("nothing is published");
        return refusals;

        void Decode()
        {
            decoder.Decode(batch);
            refusals.Add(batch);
            batch.Clear();
        }
    }

    private static ReadOnlySpan<byte> JsonOf(ReadOnlyMemory<byte> value, bool isLabel, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (isLabel)
            {
                PaymentJson.Write(writer, PaymentMessagePack.ReadLabel(value));
            }
            else
            {
                PaymentJson.Write(writer, PaymentMessagePack.ReadPayment(value));
            }
        }

        return buffer.WrittenSpan;
    }
}
