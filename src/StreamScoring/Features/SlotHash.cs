using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace StreamScoring.Features;

/// <summary>
/// Where in a table a key belongs, by a secret of the process: whoever makes up keys cannot tell
/// which of them meet. Nothing that is kept or compared depends on it: no value, digest or
/// snapshot.
/// </summary>
/// <remarks>
/// Both halves of the key go through one multiplication of 64 by 64 bits, folded: Wang Yi, wyhash,
/// 2019.
/// </remarks>
internal readonly record struct SlotHash(ulong Low, ulong High)
{
    public static SlotHash Random()
    {
        Span<ulong> secret = stackalloc ulong[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(secret));
        return new SlotHash(secret[0], secret[1]);
    }

    /// <summary>For runs that must repeat to the last step.</summary>
    public static SlotHash Of(ulong seed) => new(seed * 0x9E37_79B9_7F4A_7C15, ~seed * 0xC2B2_AE3D_27D4_EB4F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ulong keyLow, ulong keyHigh)
    {
        var (low, high) = (keyLow ^ Low, keyHigh ^ High);
        // Both halves in registers: Math.BigMul hands one of them over by way of the stack.
        return (Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(low, high) : Math.BigMul(low, high, out _)) ^ unchecked(low * high);
    }
}
