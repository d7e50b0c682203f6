using StreamScoring.Batches;

namespace StreamScoring.Workloads;

/// <summary>
/// One stage of the path, made ready to be run again and again by itself: what the micro-benchmarks
/// time and the allocation gate weighs.
/// </summary>
public sealed class StageWorkload : IDisposable
{
    /// <summary>Records of a run, whatever the size of its batches.</summary>
    public const int RecordsPerRun = 256;

    private readonly IReadOnlyList<IDisposable> _owned;
    private readonly PaymentRing _ring;
    private readonly Action<PaymentBatch> _stage;
    private readonly int _batchesPerRun;

    /// <param name="stage">Run on one batch after the other; it must leave a batch such that it can
    /// be run on it again.</param>
    /// <param name="owned">Disposed with the workload.</param>
    public StageWorkload(PaymentRing ring, Action<PaymentBatch> stage, params IReadOnlyList<IDisposable> owned)
    {
        (_ring, _stage, _owned) = (ring, stage, owned);
        _batchesPerRun = RecordsPerRun * ring.BatchCount / PaymentRing.Rows;
        Invariant.Require(_batchesPerRun > 0);
    }

    /// <summary>Runs the stage on the next batches of the ring.</summary>
    public void Run()
    {
        for (var i = 0; i < _batchesPerRun; i++)
        {
            _stage(_ring.Next());
        }
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }
    }
}
