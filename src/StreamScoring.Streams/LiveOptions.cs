namespace StreamScoring.Streams;

/// <summary>
/// The knobs that a running graph goes by. Each stage looks at them once per batch, so a change
/// holds from some batch on in each stage and needs neither a lock nor a new graph; which batch
/// that is may differ from stage to stage, and none depends on another's knob.
/// </summary>
public sealed class LiveOptions(PipelineOptions options)
{
    private volatile PipelineOptions _current = options;

    public PipelineOptions Current => _current;

    /// <summary>
    /// How a source that waits by the old knobs is woken. Called on the thread that changes them.
    /// </summary>
    internal Action? Changed { get; set; }

    public void Change(PipelineOptions options)
    {
        _current = options;
        Changed?.Invoke();
    }
}
