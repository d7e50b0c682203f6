using System.Numerics;

namespace StreamScoring.Quality;

/// <summary>
/// A payment's id and event time in 64 bits, of which all are as good as random. Among the millions
/// of payments that are held two are taken for one about once in a million deployments.
/// </summary>
internal static class PaymentKey
{
    /// <param name="id">Hash of the payment's id.</param>
    /// <returns>Not 0.</returns>
    /// <remarks>The finalizer of MurmurHash3.</remarks>
    public static ulong Of(UInt128 id, long eventTimeMs)
    {
        var key = (ulong)id ^ BitOperations.RotateLeft((ulong)(id >> 64), 32) ^ ((ulong)eventTimeMs * 0x9E3779B97F4A7C15);
        key = (key ^ (key >> 33)) * 0xFF51AFD7ED558CCD;
        key = (key ^ (key >> 33)) * 0xC4CEB9FE1A85EC53;
        key ^= key >> 33;
        return key == 0 ? 1 : key;
    }
}
