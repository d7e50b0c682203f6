using StreamScoring.Contracts;

namespace StreamScoring.Emit;

/// <summary>Where schemas of decisions go. Implemented by each port.</summary>
public interface ISchemaTopic : IAsyncDisposable
{
    /// <summary>
    /// Completes when the schema is acknowledged. Called for one at a time; the same one may come
    /// again.
    /// </summary>
    /// <exception cref="DeliveryFailedException">It was refused.</exception>
    Task PublishAsync(DecisionSchema schema);
}
