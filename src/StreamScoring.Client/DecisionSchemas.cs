using System.Text.Json;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Schemas of decisions, read from their topic as decisions ask for them. A schema is acknowledged
/// before the first decision of it is sent, so the topic, read to its end once a decision was seen,
/// has it or never will.
/// </summary>
/// <remarks>By one caller at a time. Nothing is opened before a decision names a schema.</remarks>
internal sealed class DecisionSchemas(ScoringRegion region, TimeSpan fetchWaitMax, Action<string>? notice) : IAsyncDisposable
{
    /// <summary>
    /// Ids that the topic does not have: whoever writes them must not make a reader remember all.
    /// </summary>
    private const int UnknownMax = 10_000;

    private readonly Dictionary<string, DecisionSchema> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DecisionSchema> _unknown = new(StringComparer.Ordinal);

    /// <summary>By partition: the offset that is read next.</summary>
    private readonly Dictionary<int, long> _next = [];
    private TopicConsumer? _consumer;

    /// <summary>Looks the schema of a decision up, unless it is known.</summary>
    /// <param name="value">A record of the decisions topic.</param>
    /// <exception cref="ReadFailedException">The topic of schemas is missing, or cannot be
    /// read.</exception>
    public async ValueTask LookUpAsync(ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        if (IdOf(value) is not { } id || Find(id) is not null)
        {
            return;
        }

        await ReadToEndAsync(cancel);
        if (_schemas.ContainsKey(id))
        {
            return;
        }

        if (_unknown.Count >= UnknownMax)
        {
            _unknown.Clear();
        }

        _unknown[id] = DecisionSchema.Unknown(id);
        notice?.Invoke($"decisions of schema {id} are given out without the names of their features: topic {region.Schemas} does not have it");
    }

    /// <summary>A schema that was looked up.</summary>
    public DecisionSchema? Find(string id) => _schemas.GetValueOrDefault(id) ?? _unknown.GetValueOrDefault(id);

    public ValueTask DisposeAsync() => _consumer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string? IdOf(ReadOnlyMemory<byte> value)
    {
        try
        {
            return value.Span is [(byte)'{', ..] or [] ? null : DecisionMessagePack.SchemaIdOf(value);
        }
        catch (MessagePackSerializationException)
        {
            // No decision, which whoever reads it next will say.
            return null;
        }
    }

    private async Task ReadToEndAsync(CancellationToken cancel)
    {
        _consumer ??= new TopicConsumer(region.Kafka, "scoring-schemas", readsCommitted: true, fetchWaitMax, TimeSpan.FromSeconds(10), notice);
        var ends = await _consumer.RunAsync(() =>
        {
            var starts = _consumer.StartsOf(_consumer.PartitionsOf(region.Schemas), ReadFrom.Beginning)
                .Select(start => start with { Offset = Math.Max(start.Offset, _next.GetValueOrDefault(start.Partition.Partition.Value)) }).ToList();
            _consumer.Client.Assign(starts.Select(start => new TopicPartitionOffset(start.Partition, start.Offset)));
            return new TopicEnds(starts);
        });
        while (!ends.AreReached)
        {
            var result = await _consumer.NextAsync(() => { }, cancel);
            ends.See(result);
            if (!result.IsPartitionEOF)
            {
                _next[result.Partition.Value] = result.Offset.Value + 1;
                Take(result.Message.Value ?? []);
            }
        }
    }

    /// <summary>
    /// Its key is not asked: whatever somebody wrote there, the hash of its value is its id.
    /// </summary>
    private void Take(byte[] value)
    {
        var id = DecisionSchema.IdOf(value);
        try
        {
            _schemas[id] = DecisionSchema.Read(value, id);
        }
        catch (JsonException e)
        {
            notice?.Invoke($"{id} in topic {region.Schemas} is no schema and was skipped: {e.Message}");
        }
    }
}
