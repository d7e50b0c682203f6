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
    /// <summary>
    /// Ids. Touched by the caller once <see cref="_handedOn"/> is complete, and before that by what
    /// completes it.
    /// </summary>
    private readonly HashSet<string> _published = new(StringComparer.Ordinal);
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
            foreach (var schema in needed.Where(schema => !_published.Contains(schema.Id)))
            {
                await schemas.PublishAsync(schema).ConfigureAwait(false);
                _published.Add(schema.Id);
            }

            _last = needed;
        }

        return sink.WriteAsync(batch);
    }
}
