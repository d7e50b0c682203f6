using System.Buffers.Text;

namespace StreamScoring.Benchmarks.OpenLoop;

/// <summary>
/// The id of a payment that says when it was due to be sent: <c>L1700000000000000-17</c>,
/// microseconds since the Unix epoch and a number.
/// </summary>
internal static class IntendedTime
{
    public static long NowUs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string IdOf(long dueUs, long number) => FormattableString.Invariant($"L{dueUs}-{number}");

    /// <summary>
    /// Finds such an id, wherever it stands: the key of a decision, or a payment in any wire form,
    /// as a bare loop hands it on.
    /// </summary>
    /// <returns>False where there is none.</returns>
    public static bool TryFind(ReadOnlySpan<byte> bytes, out long dueUs)
    {
        for (var at = bytes.IndexOf((byte)'L'); at >= 0; at = bytes.IndexOf((byte)'L'))
        {
            bytes = bytes[(at + 1)..];
            if (Utf8Parser.TryParse(bytes, out dueUs, out var length) && length == 16 && bytes.Length > length && bytes[length] == (byte)'-')
            {
                return true;
            }
        }

        dueUs = 0;
        return false;
    }
}
