using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace StreamScoring.Identity;

/// <summary>
/// One round of AES (FIPS 197): the processor's instruction where it has one, else the same
/// computed byte by byte.
/// </summary>
internal static class AesRound
{
    private static readonly byte[] SubstitutionBox = BuildSubstitutionBox();

    /// <summary>SubBytes, ShiftRows, MixColumns, and the round key added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Apply(Vector128<byte> state, Vector128<byte> roundKey) =>
        X86.Aes.IsSupported ? X86.Aes.Encrypt(state, roundKey)
        : Arm.Aes.IsSupported ? Arm.Aes.MixColumns(Arm.Aes.Encrypt(state, Vector128<byte>.Zero)) ^ roundKey
        : Computed(state, roundKey);

    /// <summary>
    /// The same without the processor's instruction. Some ten times slower, and equal on every
    /// machine.
    /// </summary>
    public static Vector128<byte> Computed(Vector128<byte> state, Vector128<byte> roundKey)
    {
        Span<byte> before = stackalloc byte[16], after = stackalloc byte[16];
        state.CopyTo(before);
        for (var column = 0; column < 4; column++)
        {
            // A column of the shifted state; rows are the bytes of a column.
            var (a, b, c, d) = (
                SubstitutionBox[before[4 * column]], SubstitutionBox[before[((4 * column) + 5) & 15]],
                SubstitutionBox[before[((4 * column) + 10) & 15]], SubstitutionBox[before[((4 * column) + 15) & 15]]);
            var all = (byte)(a ^ b ^ c ^ d);
            after[4 * column] = (byte)(a ^ all ^ Doubled((byte)(a ^ b)));
            after[(4 * column) + 1] = (byte)(b ^ all ^ Doubled((byte)(b ^ c)));
            after[(4 * column) + 2] = (byte)(c ^ all ^ Doubled((byte)(c ^ d)));
            after[(4 * column) + 3] = (byte)(d ^ all ^ Doubled((byte)(d ^ a)));
        }

        return Vector128.Create<byte>(after) ^ roundKey;
    }

    /// <summary>Times two in AES's field of 256 elements.</summary>
    private static byte Doubled(byte value) => (byte)((value << 1) ^ ((value >> 7) * 0x1b));

    /// <summary>
    /// The inverse in the field, and the affine map behind it. The powers of 3 are all elements but
    /// 0.
    /// </summary>
    private static byte[] BuildSubstitutionBox()
    {
        var box = new byte[256];
        byte power = 1, inverse = 1;
        do
        {
            power = (byte)(power ^ Doubled(power));
            // Divided by 3, which is the same as times 0xf6.
            inverse ^= (byte)(inverse << 1);
            inverse ^= (byte)(inverse << 2);
            inverse ^= (byte)(inverse << 4);
            inverse ^= (byte)((inverse >> 7) * 0x09);
            box[power] = (byte)(inverse ^ Rotated(inverse, 1) ^ Rotated(inverse, 2) ^ Rotated(inverse, 3) ^ Rotated(inverse, 4) ^ 0x63);
        }
        while (power != 1);

        box[0] = 0x63;
        return box;
    }

    private static int Rotated(byte value, int bits) => (value << bits) | (value >> (8 - bits));
}
