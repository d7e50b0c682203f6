using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Whether the pipeline of a topology would refuse a record, told by its own decoder.
/// </summary>
internal sealed class RefusalCheck
{
    private static readonly BatchLayout Layout = new(new HashSet<TextField>(), [], 0);

    private readonly Topology _topology;
    private readonly LogTable _logs;
    private readonly RecordDecoder _decoder;

    public RefusalCheck(Topology topology)
    {
        _topology = topology;
        _logs = KafkaPorts.Logs(topology);
        _decoder = new RecordDecoder(Layout, topology.Limits, _logs);
    }

    /// <returns>None where the record is fine.</returns>
    public Rejection Of(in DecisionSource source, ReadOnlySpan<byte> value)
    {
        // Which partition makes no difference to the decoder, and the topology may name fewer by
        // now.
        var logIndex = _logs.IndexOf(new LogId(source.Region, source.Topic, 0));
        var batch = new PaymentBatch(Layout, 1, value.Length + 1024);
        batch.Append(logIndex, source.Offset, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), decide: true, value, _topology.Limits.RecordBytesMax);
        _decoder.Decode(batch);
        return batch.Rejection[0];
    }
}
