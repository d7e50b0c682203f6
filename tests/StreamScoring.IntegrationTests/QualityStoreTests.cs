using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Signals;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class QualityStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quality").FullName;
    private readonly EngineMeter _meter = new();
    private readonly List<string> _said = [];

    public void Dispose()
    {
        _meter.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Processes_of_one_data_folder_have_files_of_their_own_and_one_that_starts_takes_the_first_that_is_free()
    {
        var one = Open()!;
        using var other = Open()!;
        one.Save();
        other.Save();
        Assert.Equal(["eu-0.lock", "eu-0.snapshot", "eu-1.lock", "eu-1.snapshot"], Files());
        var since = one.Watch.Report().Since.ToUnixTimeMilliseconds();
        one.Dispose();
        using var next = Open()!;
        Assert.Equal(since, next.Watch.Report().Since.ToUnixTimeMilliseconds());
        Assert.Empty(_said);
    }

    [Fact]
    public void An_instance_has_its_own_file_and_two_processes_of_one_instance_do_not_share_it()
    {
        using var one = Open("membership.instance=a")!;
        one.Save();
        Assert.Equal(["eu-a.lock", "eu-a.snapshot"], Files());
        using var same = Open("membership.instance=a")!;
        same.End();
        Assert.Contains("another process has the file of instance a", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_snapshots_nothing_is_written_and_without_days_nothing_is_held()
    {
        using var unwritten = Open("snapshots.interval=0s")!;
        unwritten.End();
        Assert.Empty(Files());
        Assert.Null(Open("quality.days=0"));
    }

    [Fact]
    public void A_file_that_is_damaged_is_begun_anew_and_a_folder_that_cannot_be_written_stops_nobody()
    {
        using (var one = Open()!)
        {
            one.End();
        }

        File.WriteAllText(Path.Combine(_folder, "quality", "eu-0.snapshot"), "nonsense");
        using (var next = Open()!)
        {
            Assert.Contains("is not taken, and the quality of decisions is counted from now on: the file is damaged", Assert.Single(_said), StringComparison.Ordinal);
        }

        _said.Clear();
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        using var unwritten = Open($"data={Path.Combine(_folder, "file")}")!;
        unwritten.End();
        Assert.Contains("a restart loses some or all of it", Assert.Single(_said), StringComparison.Ordinal);
    }

    private QualityStore? Open(params string[] set) => QualityStore.Open(
        TopologyFile.Load(Path.Combine(SharedFolder.RepositoryRoot, "topology/generated/topology.yaml"), [$"data={_folder}", .. set]), _meter, new TextLogger(_said.Add));

    private List<string> Files() => Directory.Exists(Path.Combine(_folder, "quality")) ? [.. Directory.GetFiles(Path.Combine(_folder, "quality")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)] : [];
}
