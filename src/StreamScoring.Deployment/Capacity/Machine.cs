namespace StreamScoring.Deployment.Capacity;

/// <summary>What one process may use.</summary>
/// <param name="NetworkBytesPerSecond">Each way.</param>
/// <param name="DiskBytesPerSecond">Written or read one after the other.</param>
public sealed record Machine(double Cores, double MemoryBytes, double NetworkBytesPerSecond, double DiskBytesPerSecond)
{
    /// <summary>16 cores, 64 GiB, 10 Gbit/s, 500 MB/s.</summary>
    public static Machine Default { get; } = new(16, 64.0 * (1L << 30), 10e9 / 8, 500e6);
}
