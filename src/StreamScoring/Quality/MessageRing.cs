namespace StreamScoring.Quality;

/// <summary>
/// Messages on their way from one thread to another. Neither waits for the other: one that finds no
/// room is not written.
/// </summary>
/// <param name="messagesMax">Messages that may wait; a power of two.</param>
internal sealed class MessageRing<T>(int messagesMax)
{
    private readonly T[] _messages = new T[messagesMax];
    private long _written;
    private long _read;

    /// <summary>As the writer last saw it: the reader's line of memory is asked for only where the
    /// ring looks full.</summary>
    private long _readSeen;

    /// <summary>For the writer.</summary>
    /// <returns>False where there is no room.</returns>
    public bool TryWrite(in T message)
    {
        if (_written - _readSeen == messagesMax)
        {
            _readSeen = Volatile.Read(ref _read);
            if (_written - _readSeen == messagesMax)
            {
                return false;
            }
        }

        _messages[_written & (messagesMax - 1)] = message;
        Volatile.Write(ref _written, _written + 1);
        return true;
    }

    /// <summary>For the reader: the oldest message.</summary>
    /// <returns>False where none waits.</returns>
    public bool TryRead(out T message)
    {
        if (_read == Volatile.Read(ref _written))
        {
            message = default!;
            return false;
        }

        message = _messages[_read & (messagesMax - 1)];
        Volatile.Write(ref _read, _read + 1);
        return true;
    }
}
