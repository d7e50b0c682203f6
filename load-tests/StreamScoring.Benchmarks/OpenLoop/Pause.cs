using System.Runtime.InteropServices;

namespace StreamScoring.Benchmarks.OpenLoop;

/// <summary>
/// Pauses far shorter than the milliseconds that <see cref="Thread.Sleep(int)"/> knows, without
/// keeping a core busy.
/// </summary>
internal static unsafe partial class Pause
{
    public static void For(long us)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(1);
            return;
        }

        // struct timespec on a 64-bit machine: seconds, nanoseconds.
        var time = stackalloc long[] { us / 1_000_000, us % 1_000_000 * 1000 };
        _ = Nanosleep(time, null);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Nanosleep(long* time, long* left);
}
