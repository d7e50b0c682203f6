namespace StreamScoring.Benchmarks;

/// <summary>One contestant's run of B1.</summary>
/// <param name="ValueBytes">Mean length of a record's value as written.</param>
/// <param name="WarmUp">The share of records before the time counts.</param>
/// <param name="SecondsWhole">From the first record's append to the last one's.</param>
/// <param name="Seconds">The same from the first record behind the warm-up.</param>
/// <param name="CpuSeconds">User and system time of the whole process, start-up included.</param>
internal sealed record B1Run(
    string Benchmark, string Contestant, int Run, int Payments, long ValueBytes, double WarmUp, double SecondsWhole, double Seconds,
    double PaymentsPerSecond, double CpuSeconds, double PaymentsPerCpuSecond);
