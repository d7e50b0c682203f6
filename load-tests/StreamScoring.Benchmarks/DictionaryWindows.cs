namespace StreamScoring.Benchmarks;

/// <summary>
/// What one would write without this engine: a dictionary of objects, each with a list of its
/// events and, for each window, where it begins and its running sum. It knows no late payments, no
/// filters and no labels.
/// </summary>
internal sealed class DictionaryWindows(long[] windowsMs)
{
    private readonly Dictionary<UInt128, KeyEvents> _keys = [];

    public int KeyCount => _keys.Count;

    public long CountEvents() => _keys.Values.Sum(key => (long)(key.Events.Count - key.Windows[^1].Begin));

    /// <param name="means">[windows] The mean amount in each window, the event included.</param>
    public void Add(UInt128 key, long timeMs, long amountMinor, Span<double> means)
    {
        if (!_keys.TryGetValue(key, out var state))
        {
            state = new KeyEvents(windowsMs.Length);
            _keys.Add(key, state);
        }

        state.Events.Add(new Event(timeMs, amountMinor));
        for (var i = 0; i < windowsMs.Length; i++)
        {
            var window = state.Windows[i];
            window.Sum += amountMinor;
            while (state.Events[window.Begin].TimeMs <= timeMs - windowsMs[i])
            {
                window.Sum -= state.Events[window.Begin].AmountMinor;
                window.Begin++;
            }

            means[i] = window.Sum / (100.0 * (state.Events.Count - window.Begin));
        }

        // Amortised: what has left the longest window is dropped once it is half of the list.
        var gone = state.Windows[^1].Begin;
        if (gone > 8 && gone * 2 > state.Events.Count)
        {
            state.Events.RemoveRange(0, gone);
            foreach (var window in state.Windows)
            {
                window.Begin -= gone;
            }
        }
    }

    private readonly record struct Event(long TimeMs, long AmountMinor);

    private sealed class Window
    {
        public int Begin;
        public long Sum;
    }

    private sealed class KeyEvents(int windows)
    {
        public readonly List<Event> Events = [];
        public readonly Window[] Windows = [.. Enumerable.Range(0, windows).Select(_ => new Window())];
    }
}
