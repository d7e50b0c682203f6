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
    private DecisionSchema? _last;

    /// <summary>Completes when every earlier batch is handed on.</summary>
    private Task _handedOn = Task.CompletedTask;

    public Task WriteAsync(PaymentBatch batch)
    {
        var schema = batch.Encoded.Schema;
        if (_handedOn.IsCompletedSuccessfully && (schema is null || ReferenceEquals(schema, _last)))
        {
            return sink.WriteAsync(batch);
        }

        var handedOn = HandOnAsync(_handedOn, batch, schema);
        _handedOn = handedOn;
        return handedOn.Unwrap();
    }

    public async ValueTask DisposeAsync()
    {
        await schemas.DisposeAsync();
        await sink.DisposeAsync();
    }

    private async Task<Task> HandOnAsync(Task earlier, PaymentBatch batch, DecisionSchema? schema)
    {
        await earlier.ConfigureAwait(false);
        if (schema is not null && !ReferenceEquals(schema, _last))
        {
            if (!_published.Contains(schema.Id))
            {
                await schemas.PublishAsync(schema).ConfigureAwait(false);
                _published.Add(schema.Id);
            }

            _last = schema;
        }

        return sink.WriteAsync(batch);
    }
}
