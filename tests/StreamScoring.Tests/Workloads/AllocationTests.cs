using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Workloads;

/// <summary>
/// The gate on allocations: what each stage takes of the managed heap, in steady state, against the
/// committed baseline. Bytes are the same on every machine and under any load; time is not, and is
/// no gate.
/// </summary>
public sealed class AllocationTests
{
    public static TheoryData<string> Stages => [.. StageWorkloads.Names];

    [Theory, MemberData(nameof(Stages))]
    public void A_stage_allocates_no_more_than_its_baseline(string stage)
    {
        using var workload = StageWorkloads.Open(stage, SharedFolder.RepositoryRoot);
        var complaint = MicroBaseline.Load(SharedFolder.RepositoryRoot).Complaint(stage, AllocationMeter.BytesPerRecord(workload));
        Assert.True(complaint is null, complaint);
    }

    [Fact]
    public void One_object_a_batch_is_caught_and_named()
    {
        using var workload = WithAnObject(everyRuns: 1);
        var bytesPerRecord = AllocationMeter.BytesPerRecord(workload);
        Assert.Equal(24.0 / StageWorkload.RecordsPerRun, bytesPerRecord);
        var complaint = MicroBaseline.Load(SharedFolder.RepositoryRoot).Complaint("decide", bytesPerRecord);
        Assert.StartsWith("decide allocates 0.0938 bytes a record; load-tests/results/micro.jsonl says 0.", complaint, StringComparison.Ordinal);
        Assert.EndsWith(MicroBaseline.RenewCommand, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void One_object_in_a_whole_pass_is_caught()
    {
        using var workload = WithAnObject(everyRuns: PaymentRing.Rows / StageWorkload.RecordsPerRun);
        Assert.Equal(24.0 / PaymentRing.Rows, AllocationMeter.BytesPerRecord(workload));
    }

    [Fact]
    public void A_stage_that_has_no_baseline_is_named() =>
        Assert.StartsWith(
            "guess is not in load-tests/results/micro.jsonl", MicroBaseline.Load(SharedFolder.RepositoryRoot).Complaint("guess", 0), StringComparison.Ordinal);

    /// <summary>A stage that does nothing but make an object now and then.</summary>
    private static StageWorkload WithAnObject(int everyRuns)
    {
        var (runs, made) = (0, new object[1]);
        return StageWorkloads.OpenWith(SharedFolder.RepositoryRoot, _ =>
        {
            if (++runs % everyRuns == 0)
            {
                made[0] = new object();
            }
        });
    }
}
