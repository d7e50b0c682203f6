namespace StreamScoring.Host.Replaying;

/// <summary>
/// Texts that many decisions share, such as hashes and names, each with a number. Written by one
/// thread; once it is written, read by any.
/// </summary>
internal sealed class Interned
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _numbersOfNames = new(StringComparer.Ordinal);
    private readonly List<IReadOnlyList<string>> _names = [];

    /// <returns>0 for null.</returns>
    public int NumberOf(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        if (!_numbers.TryGetValue(text, out var number))
        {
            _texts.Add(text);
            _numbers.Add(text, number = _texts.Count);
        }

        return number;
    }

    public int NumberOf(IReadOnlyList<string> names)
    {
        var joined = string.Join('\n', names);
        if (!_numbersOfNames.TryGetValue(joined, out var number))
        {
            _numbersOfNames.Add(joined, number = _names.Count);
            _names.Add([.. names]);
        }

        return number;
    }

    public string? TextAt(int number) => number == 0 ? null : _texts[number - 1];

    public IReadOnlyList<string> NamesAt(int number) => _names[number];
}
