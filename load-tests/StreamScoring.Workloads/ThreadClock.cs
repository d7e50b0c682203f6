using System.Diagnostics;
using System.Runtime.InteropServices;

namespace StreamScoring.Workloads;

/// <summary>
/// CPU time of the calling thread, nanoseconds: what "per core" means, and it stands still while
/// someone else has the core. Elsewhere than on Linux, where there is no such clock, wall time.
/// </summary>
public static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    public static long NowNs()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        }

        var code = ReadClock(ThreadCpuTime, out var time);
        Invariant.Require(code == 0);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
