namespace StreamScoring.Configuration;

/// <summary>
/// Collects what is wrong with files, so that all of it is told in one run and not a mistake a run.
/// </summary>
public sealed class InputMistakes
{
    /// <summary>How many are shown line by line.</summary>
    public const int ShownMax = 50;

    private readonly List<string> _lines = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public void Add(InvalidInputFileException mistake)
    {
        ArgumentNullException.ThrowIfNull(mistake);
        foreach (var line in mistake.Lines)
        {
            Add(line);
        }
    }

    public void Add(string line)
    {
        Count++;
        if (_lines.Count < ShownMax)
        {
            _lines.Add(line);
        }
    }

    /// <summary>Takes those of another collection, behind its own.</summary>
    public void Add(InputMistakes others)
    {
        ArgumentNullException.ThrowIfNull(others);
        foreach (var line in others._lines)
        {
            Add(line);
        }

        Count += others.Count - others._lines.Count;
    }

    /// <summary>Reads something, and goes on where it is wrong.</summary>
    /// <param name="otherwise">What stands in its place then.</param>
    public T Try<T>(Func<T> read, T otherwise)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read();
        }
        catch (InvalidInputFileException e)
        {
            Add(e);
            return otherwise;
        }
    }

    /// <inheritdoc cref="Try{T}"/>
    public void Try(Action read)
    {
        ArgumentNullException.ThrowIfNull(read);
        Try(() =>
        {
            read();
            return true;
        }, false);
    }

    /// <param name="summary">What stands behind those that are shown where there are more; null:
    /// how many more.</param>
    /// <exception cref="InvalidInputFileException">There are any.</exception>
    public void ThrowIfAny(string? summary = null)
    {
        if (Count > 0)
        {
            throw new InvalidInputFileException(Count > _lines.Count || summary is not null ? [.. _lines, summary ?? $"and {Count - _lines.Count:N0} more"] : (IReadOnlyList<string>)[.. _lines]);
        }
    }
}
