using MessagePack;

namespace StreamScoring.Tests.Fuzzing;

/// <summary>Where the parts of an input begin.</summary>
internal static class TokenStarts
{
    /// <summary>
    /// Of text: where a run of letters and digits begins or ends, and at each other character.
    /// </summary>
    public static IReadOnlyList<int> OfText(byte[] input)
    {
        var starts = new List<int>();
        for (var i = 0; i < input.Length; i++)
        {
            if (i == 0 || !char.IsAsciiLetterOrDigit((char)input[i]) || !char.IsAsciiLetterOrDigit((char)input[i - 1]))
            {
                starts.Add(i);
            }
        }

        return starts;
    }

    /// <summary>Of MessagePack: headers and values, as far as the input can be read.</summary>
    public static IReadOnlyList<int> OfMessagePack(byte[] input)
    {
        var starts = new List<int>();
        var reader = new MessagePackReader(input);
        try
        {
            while (!reader.End)
            {
                starts.Add((int)reader.Consumed);
                switch (reader.NextMessagePackType)
                {
                    case MessagePackType.Array:
                        reader.ReadArrayHeader();
                        break;
                    case MessagePackType.Map:
                        reader.ReadMapHeader();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or ArgumentOutOfRangeException)
        {
            // Mutated before: the rest is one part.
        }

        return starts;
    }
}
