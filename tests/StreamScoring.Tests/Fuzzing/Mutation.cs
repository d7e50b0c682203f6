using CsCheck;

namespace StreamScoring.Tests.Fuzzing;

/// <summary>
/// One change to an input. Numbers are taken modulo what the input has, so that every mutation fits
/// every input.
/// </summary>
internal readonly record struct Mutation(int Kind, int At, int Length, int Other, byte Byte)
{
    public static readonly Gen<Mutation> Gen =
        CsCheck.Gen.Select(CsCheck.Gen.Int[0, 9], CsCheck.Gen.Int[0, 1 << 16], CsCheck.Gen.Int[0, 8], CsCheck.Gen.Int[0, 1 << 16], CsCheck.Gen.Byte)
            .Select((kind, at, length, other, value) => new Mutation(kind, at, length, other, value));

    /// <summary>
    /// How often a part is repeated, by <see cref="Other"/>: deep nesting, long lists.
    /// </summary>
    private static readonly int[] Times = [2, 3, 17, 70, 300, 2000];

    public byte[] Apply(byte[] input, FuzzTarget target)
    {
        var tokens = target.Tokens(input);
        // Start and end of some neighbouring tokens; the bytes themselves where there is none.
        var first = tokens.Count == 0 ? 0 : At % tokens.Count;
        var last = Math.Min(first + Length, tokens.Count);
        var start = tokens.Count == 0 ? At % (input.Length + 1) : tokens[first];
        var end = last < tokens.Count ? tokens[last] : input.Length;
        var part = input.AsSpan(start, end - start);
        var word = target.Words[Other % target.Words.Count];
        var result = Kind switch
        {
            0 => input[..start],
            1 => [.. input.AsSpan(0, start), .. input.AsSpan(end)],
            2 => Repeat(input, start, end, Times[Other % Times.Length]),
            3 => [.. input.AsSpan(0, start), .. word, .. input.AsSpan(end)],
            4 => [.. input.AsSpan(0, start), .. word, .. input.AsSpan(start)],
            5 => Flip(input, start),
            6 => Flip(input, At % Math.Max(input.Length, 1)),
            // Two halves of two inputs, joined where parts begin.
            7 => Splice(input, start, target),
            // The part somewhere else.
            8 => [.. input.AsSpan(0, start / 2), .. part, .. input.AsSpan(start / 2)],
            _ => [.. input.AsSpan(0, start), .. Enumerable.Repeat(word, Times[At % Times.Length]).SelectMany(bytes => bytes), .. input.AsSpan(start)],
        };
        return result.Length <= FuzzTarget.InputBytesMax ? result : result[..FuzzTarget.InputBytesMax];
    }

    private byte[] Flip(byte[] input, int at)
    {
        var flipped = (byte[])input.Clone();
        if (at < flipped.Length)
        {
            flipped[at] = (Byte & 1) == 0 ? Byte : (byte)(flipped[at] ^ (1 << (Byte & 7)));
        }

        return flipped;
    }

    private static byte[] Repeat(byte[] input, int start, int end, int times) =>
        [.. input.AsSpan(0, start), .. Enumerable.Repeat(input[start..end], Math.Min(times, FuzzTarget.InputBytesMax / Math.Max(1, end - start))).SelectMany(bytes => bytes), .. input.AsSpan(end)];

    private byte[] Splice(byte[] input, int start, FuzzTarget target)
    {
        var other = target.Seeds[Other % target.Seeds.Count];
        var tokens = target.Tokens(other);
        return [.. input.AsSpan(0, start), .. other.AsSpan(tokens.Count == 0 ? 0 : tokens[At % tokens.Count])];
    }
}
