namespace StreamScoring.Batches;

/// <summary>
/// The layout of an engine's batches. It grows while the engine runs: rules may ask for attributes
/// that nothing looked at before. A column keeps its place.
/// </summary>
public sealed class GrowingLayout(BatchLayout layout)
{
    /// <summary>Each is a column of every batch, and none goes while the process runs.</summary>
    public const int AttributesMax = 1024;

    private readonly Lock _gate = new();
    private volatile BatchLayout _current = layout;

    public BatchLayout Current => _current;

    /// <returns>The layout, with all of these attributes.</returns>
    /// <exception cref="InvalidOperationException">There would be too many.</exception>
    internal BatchLayout Grow(IEnumerable<string> attributes)
    {
        lock (_gate)
        {
            var added = attributes.Except(_current.AttributeNames, StringComparer.Ordinal).ToList();
            if (_current.AttributeNames.Count + added.Count > AttributesMax)
            {
                throw new InvalidOperationException($"{_current.AttributeNames.Count + added.Count} attributes were looked at since the process started; at most {AttributesMax} fit: restart it, and only those of now count");
            }

            if (added.Count > 0)
            {
                _current = _current with { AttributeNames = [.. _current.AttributeNames, .. added] };
            }

            return _current;
        }
    }
}
