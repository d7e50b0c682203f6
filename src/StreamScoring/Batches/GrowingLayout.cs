namespace StreamScoring.Batches;

/// <summary>
/// The layout of an engine's batches. It grows while the engine runs: rules may ask for attributes
/// that nothing looked at before. A column keeps its place.
/// </summary>
public sealed class GrowingLayout(BatchLayout layout)
{
    private readonly Lock _gate = new();
    private volatile BatchLayout _current = layout;

    public BatchLayout Current => _current;

    /// <returns>The layout, with all of these attributes.</returns>
    internal BatchLayout Grow(IEnumerable<string> attributes)
    {
        lock (_gate)
        {
            var added = attributes.Except(_current.AttributeNames, StringComparer.Ordinal).ToList();
            if (added.Count > 0)
            {
                _current = _current with { AttributeNames = [.. _current.AttributeNames, .. added] };
            }

            return _current;
        }
    }
}
