namespace StreamScoring.Features;

/// <summary>
/// Which payments lie in a tile, in 256 bytes: a Bloom filter. One that it does not hold is not
/// there; one that is not there it holds, among n payments, with a probability of (1 −
/// e^(−4n/2048))⁴: 4 % at 300, half at 1,000.
/// </summary>
internal static class TileMembers
{
    public const int Longs = 32;

    private const int BitsLog2 = 11, BitsOfMember = 4;

    /// <param name="id">Uniform in all of its bits.</param>
    public static void Add(Span<long> members, long id)
    {
        for (var i = 0; i < BitsOfMember; i++)
        {
            var bit = BitOf(id, i);
            members[bit >> 6] |= 1L << bit;
        }
    }

    public static bool MayHold(ReadOnlySpan<long> members, long id)
    {
        for (var i = 0; i < BitsOfMember; i++)
        {
            var bit = BitOf(id, i);
            if ((members[bit >> 6] & (1L << bit)) == 0)
            {
                return false;
            }
        }

        return true;
    }

    public static void Merge(Span<long> into, ReadOnlySpan<long> other)
    {
        for (var i = 0; i < Longs; i++)
        {
            into[i] |= other[i];
        }
    }

    private static int BitOf(long id, int i) => (int)((ulong)id >> (i * BitsLog2)) & ((1 << BitsLog2) - 1);
}
