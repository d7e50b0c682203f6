namespace StreamScoring;

/// <summary>
/// Something that several hold. Whoever lets go of it last disposes of it. From any thread.
/// </summary>
public sealed class Shared<T>(T value)
    where T : IDisposable
{
    private int _holders;

    public T Value => value;

    /// <summary>Holds it until the returned hold is disposed of.</summary>
    public IDisposable Hold()
    {
        Interlocked.Increment(ref _holders);
        return new OneHold(this);
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            value.Dispose();
        }
    }

    private sealed class OneHold(Shared<T> shared) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                shared.LetGo();
            }
        }
    }
}
