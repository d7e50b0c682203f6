using StreamScoring.Deployment.Registry;

namespace StreamScoring.Host.Serving;

/// <summary>How a published model is waited for that is not to be had yet.</summary>
/// <param name="Max">How long.</param>
internal sealed record ModelWait(TimeSpan Max)
{
    /// <summary>Whether the change that names it was replaced meanwhile, so that nobody needs it
    /// any more.</summary>
    public Func<bool> IsReplaced { get; init; } = static () => false;

    /// <summary>Told once, as the wait begins.</summary>
    public Action<ModelReference> Begins { get; init; } = static _ => { };

    public static implicit operator ModelWait(TimeSpan max) => new(max);
}
