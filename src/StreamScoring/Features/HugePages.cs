using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// Asks the kernel for pages of 2 MiB. Keys lie all over the state, so with pages of 4 KiB nearly
/// each row that is looked at also misses the TLB, and a state of 1 GB takes a quarter of a million
/// page faults to fill (load-tests: <c>fold</c>, <c>restore</c>). Linux only, where
/// <c>/sys/kernel/mm/transparent_hugepage/enabled</c> says <c>madvise</c> or <c>always</c>;
/// elsewhere nothing happens.
/// </summary>
internal static unsafe partial class HugePages
{
    public const int Bytes = 1 << 21;

    private const int AdviceHuge = 14, AdviceUnused = 4;

    private static bool _isKnown = OperatingSystem.IsLinux();

    /// <param name="memory">A multiple of <see cref="Bytes"/>.</param>
    public static void Ask(void* memory, long bytes) => Advise(memory, bytes, AdviceHuge);

    /// <summary>
    /// Gives memory back whose addresses stay ours; it is zeros when it is next used.
    /// </summary>
    public static void Drop(void* memory, long bytes) => Advise(memory, bytes, AdviceUnused);

    private static void Advise(void* memory, long bytes, int advice)
    {
        if (!_isKnown)
        {
            return;
        }

        try
        {
            // It is advice: where it is not taken, everything works as without it.
            _ = MemoryAdvise(memory, (nuint)bytes, advice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _isKnown = false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* memory, nuint bytes, int advice);
}
