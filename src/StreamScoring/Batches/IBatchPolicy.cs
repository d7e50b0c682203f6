namespace StreamScoring.Batches;

/// <summary>
/// What decides a batch. The batch holds it until it is decided and acknowledged.
/// </summary>
public interface IBatchPolicy
{
    /// <summary>The batch has left it.</summary>
    void Release();
}
