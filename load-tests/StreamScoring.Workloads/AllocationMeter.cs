namespace StreamScoring.Workloads;

/// <summary>Weighs what a stage allocates on the managed heap, exactly: the runtime counts each thread's bytes, and no other thread's are among them.</summary>
public static class AllocationMeter
{
    private const int RunsAPass = PaymentRing.Rows / StageWorkload.RecordsPerRun, PassesAWindow = 2, Windows = 4;

    /// <summary>
    /// Bytes per record, in steady state: the least of several stretches, each of two passes over all batches. What is allocated for good,
    /// batch by batch or once a pass, is in each of them; what the runtime makes once, when it pleases, is not.
    /// </summary>
    public static double BytesPerRecord(StageWorkload workload)
    {
        Run(workload);
        var least = long.MaxValue;
        for (var window = 0; window < Windows; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(workload);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least / (double)(PassesAWindow * RunsAPass * StageWorkload.RecordsPerRun);
    }

    private static void Run(StageWorkload workload)
    {
        for (var run = 0; run < PassesAWindow * RunsAPass; run++)
        {
            workload.Run();
        }
    }
}
