namespace StreamScoring.Simulation;

/// <summary>
/// Gives the memory of states back that no run uses any more. It lies outside the collector's heap,
/// which does not know of it: a run leaves some fifty megabytes, and a thousand runs would be
/// waited for in vain.
/// </summary>
internal static class UnusedStates
{
    /// <summary>A collection in eight runs takes some hundredths of their time.</summary>
    private const int RunsBetween = 8;

    private static int _runs;

    /// <summary>After each run, from any thread.</summary>
    public static void GiveBack()
    {
        if (Interlocked.Increment(ref _runs) % RunsBetween == 0)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
