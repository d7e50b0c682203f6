using StreamScoring.Batches;

namespace StreamScoring.Emit;

/// <summary>
/// Orders what is written to two topics: a batch's dead letters are acknowledged before its
/// decisions are sent, and so before any later decision. Then a decision says that everything
/// before it is answered, and a new owner need look at nothing else. Batches without dead letters,
/// which are nearly all, wait for nothing.
/// </summary>
/// <param name="send">Sends a batch's dead letters, or else its decisions, and completes when all
/// are acknowledged.</param>
public sealed class DeadLettersFirst(Func<PaymentBatch, bool, Task> send)
{
    /// <summary>Completes when the decisions of every earlier batch are sent.</summary>
    private Task _sent = Task.CompletedTask;

    /// <summary>Called in stream order, by one thread.</summary>
    /// <returns>Completes when all of the batch is acknowledged. Where an earlier batch failed
    /// nothing is sent, and it fails too.</returns>
    public Task WriteAsync(PaymentBatch batch)
    {
        if (_sent.IsCompletedSuccessfully && batch.Encoded.DeadLetterCount == 0)
        {
            return send(batch, false);
        }

        var sent = SendInOrderAsync(_sent, batch);
        _sent = sent;
        return sent.Unwrap();
    }

    private async Task<Task> SendInOrderAsync(Task earlier, PaymentBatch batch)
    {
        await earlier.ConfigureAwait(false);
        if (batch.Encoded.DeadLetterCount > 0)
        {
            await send(batch, true).ConfigureAwait(false);
        }

        return send(batch, false);
    }
}
