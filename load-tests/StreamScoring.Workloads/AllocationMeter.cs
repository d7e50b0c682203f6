namespace StreamScoring.Workloads;

/// <summary>
/// Weighs what code allocates on the managed heap, exactly: the runtime counts each thread's bytes,
/// and no other thread's are among them.
/// </summary>
public static class AllocationMeter
{
    private const int RunsAPass = PaymentRing.Rows / StageWorkload.RecordsPerRun, PassesAWindow = 2;

    /// <summary>
    /// On a busy machine it takes seconds until code is compiled well; before that some of it makes
    /// objects that it does not make later.
    /// </summary>
    private const int WindowsMax = 200;

    /// <summary>
    /// Bytes per record, in steady state, of stretches of two passes over all batches.
    /// </summary>
    public static double BytesPerRecord(StageWorkload workload) =>
        LeastBytes(() =>
        {
            for (var run = 0; run < PassesAWindow * RunsAPass; run++)
            {
                workload.Run();
            }
        }) / (double)(PassesAWindow * RunsAPass * StageWorkload.RecordsPerRun);

    /// <summary>
    /// The least that a stretch of work allocates on the calling thread, of as many as it takes
    /// until one allocates nothing. What is allocated for good is in each of them; what the runtime
    /// makes once, when it pleases, is not.
    /// </summary>
    /// <param name="stretch">Called 201 times at most.</param>
    public static long LeastBytes(Action stretch)
    {
        ArgumentNullException.ThrowIfNull(stretch);
        stretch();
        var least = long.MaxValue;
        for (var window = 0; window < WindowsMax && least > 0; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            stretch();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
