using System.Runtime.InteropServices;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Gives memory back that a graph held which is gone, so that the next one has room and a process
/// does not grow with each start.
/// </summary>
internal static partial class ProcessMemory
{
    /// <summary>Takes a while, in proportion to what is still in use: not for the path.</summary>
    public static void GiveBack()
    {
        // The state's memory lies outside the collector's heap and goes with its finalizer; a
        // second round then takes what that held.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            // glibc keeps what the Kafka client's threads freed in a heap of each thread, and the
            // next client's threads have heaps of their own.
            _ = TrimMalloc(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, with habits of its own.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimMalloc(nuint keep);
}
