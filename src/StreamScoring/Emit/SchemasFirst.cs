using System.Collections.Concurrent;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Emit;

/// <summary>
/// Publishes the schema of decisions before the first of them. So whoever reads a decision finds
/// its schema. Batches of a schema that is published already, which are nearly all, wait for
/// nothing.
/// </summary>
/// <param name="sink">Where batches go, in their order.</param>
public sealed class SchemasFirst(IDecisionSink sink, ISchemaTopic schemas) : IDecisionSink
{
    private static readonly TimeSpan AheadMax = TimeSpan.FromSeconds(10);

    /// <summary>Ids. From any thread.</summary>
    private readonly ConcurrentDictionary<string, bool> _published = new(StringComparer.Ordinal);
    private IReadOnlyList<DecisionSchema> _last = [];

    /// <summary>Completes when every earlier batch is handed on.</summary>
    private Task _handedOn = Task.CompletedTask;

    public Task WriteAsync(PaymentBatch batch)
    {
        var needed = batch.Encoded.Schemas;
        if (_handedOn.IsCompletedSuccessfully && (needed.Count == 0 || ReferenceEquals(needed, _last)))
        {
            return sink.WriteAsync(batch);
        }

        var handedOn = HandOnAsync(_handedOn, batch, needed);
        _handedOn = handedOn;
        return handedOn.Unwrap();
    }

    /// <summary>
    /// Publishes schemas of decisions that are still to be made, so that no batch has to wait for
    /// it. What cannot be published now is when it is needed.
    /// </summary>
    public void PublishAhead(IReadOnlyList<DecisionSchema> needed)
    {
        foreach (var schema in needed.Where(schema => !_published.ContainsKey(schema.Id)))
        {
            try
            {
                if (schemas.PublishAsync(schema).Wait(AheadMax))
                {
                    _published[schema.Id] = true;
                }
            }
            catch (AggregateException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await schemas.DisposeAsync();
        await sink.DisposeAsync();
    }

    private async Task<Task> HandOnAsync(Task earlier, PaymentBatch batch, IReadOnlyList<DecisionSchema> needed)
    {
        await earlier.ConfigureAwait(false);
        if (needed.Count > 0 && !ReferenceEquals(needed, _last))
        {
            foreach (var schema in needed.Where(schema => !_published.ContainsKey(schema.Id)))
            {
                await schemas.PublishAsync(schema).ConfigureAwait(false);
                _published[schema.Id] = true;
            }

            _last = needed;
        }

        return sink.WriteAsync(batch);
    }
}
