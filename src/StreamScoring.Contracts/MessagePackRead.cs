using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// What the readers of compact forms share: one kind of error, and arrays to which a later release
/// may have appended.
/// </summary>
internal static class MessagePackRead
{
    public delegate T Reading<out T>(ref MessagePackReader reader);

    /// <summary>
    /// Reads, and turns every way in which the library says that bytes are wrong into one.
    /// </summary>
    /// <exception cref="MessagePackSerializationException">The bytes end too early, or hold another
    /// type or a number beyond its field.</exception>
    public static T Guarded<T>(ReadOnlyMemory<byte> bytes, Reading<T> read)
    {
        var reader = new MessagePackReader(bytes);
        try
        {
            return read(ref reader);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or ArgumentOutOfRangeException)
        {
            // The last is how the library steps over a length of more than two billion bytes.
            throw new MessagePackSerializationException(e.Message, e);
        }
    }

    /// <returns>How many elements the array has.</returns>
    public static int ArrayOf(ref MessagePackReader reader, int elementsMin)
    {
        var count = reader.ReadArrayHeader();
        return count >= elementsMin ? count : throw new MessagePackSerializationException($"an array of {count}; expected at least {elementsMin}");
    }

    /// <summary>
    /// Steps over values: appended ones are plain, since stepping over nested ones would recurse as
    /// deep as they nest.
    /// </summary>
    public static void SkipMany(ref MessagePackReader reader, int count)
    {
        for (; count > 0; count--)
        {
            if (reader.NextMessagePackType is MessagePackType.Array or MessagePackType.Map)
            {
                throw new MessagePackSerializationException("an appended element is no plain value");
            }

            reader.Skip();
        }
    }

    /// <summary>ms since the Unix epoch, within the years 1 to 9999.</summary>
    public static long Time(ref MessagePackReader reader) =>
        UnixTime.IsDate(reader.ReadInt64(), out var unixMs) ? unixMs : throw new MessagePackSerializationException($"{unixMs} ms is no time of the years 1 to 9999");
}
