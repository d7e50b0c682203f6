using System.Diagnostics;

namespace StreamScoring.Host;

/// <summary>
/// One line of progress on a terminal, redrawn at most ten times a second; silent when stderr is
/// piped.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private long _shownAt;
    private int _length;

    public void Show(FormattableString text)
    {
        if (!_isTerminal || (_shownAt != 0 && Stopwatch.GetElapsedTime(_shownAt) < Interval))
        {
            return;
        }

        _shownAt = Stopwatch.GetTimestamp();
        var line = FormattableString.Invariant(text);
        Console.Error.Write($"\r{line.PadRight(_length)}");
        _length = line.Length;
    }

    public void Clear()
    {
        if (_length > 0)
        {
            Console.Error.Write($"\r{new string(' ', _length)}\r");
            _length = 0;
        }
    }

    /// <summary>Writes sentences that stay, piped or not.</summary>
    public void Say(params IEnumerable<string> sentences)
    {
        Clear();
        foreach (var sentence in sentences)
        {
            Console.Error.WriteLine(sentence);
        }
    }

    public void Dispose() => Clear();
}
