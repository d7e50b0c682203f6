using StreamScoring.Deployment;
using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

/// <summary>Which changes of files a running process sees.</summary>
public sealed class RuleWatchTests : IDisposable
{
    private readonly CopiedTopology _file = new();
    private readonly Topology _topology;
    private readonly RuleWatch _watch;

    public RuleWatchTests() => (_topology, _watch) = (TopologyFile.Load(_file.FilePath, []), new RuleWatch(TopologyFile.Load(_file.FilePath, [])));

    [Fact]
    public void A_change_counts_once_two_looks_find_the_same()
    {
        Assert.False(Look());
        WriteRules("review a when amount > 1");
        Assert.Equal([false, true, false], [Look(), Look(), Look()]);
        File.AppendAllText(ListOf("stolen_cards.csv"), "c-1\n");
        Assert.Equal([false, false], [Look(), Look()]);
        WriteRules("review a when card_id in @stolen_cards");
        Assert.Equal([false, true], [Look(), Look()]);
        File.AppendAllText(ListOf("stolen_cards.csv"), "c-2\n");
        Assert.Equal([false, true, false], [Look(), Look(), Look()]);
    }

    [Fact]
    public void A_list_that_no_rule_names_may_change_all_the_time()
    {
        WriteRules("review a when amount > 1");
        Look();
        File.AppendAllText(ListOf("stolen_cards.csv"), "c-1\n");
        File.WriteAllText(ListOf(".hidden"), "x");
        Assert.True(Look());
    }

    [Fact]
    public void What_changes_all_the_time_is_taken_as_it_is_after_some_looks()
    {
        var looks = 0;
        do
        {
            WriteRules($"review a when amount > {looks}");
            looks++;
        }
        while (!Look());
        Assert.Equal(10, looks);
    }

    [Fact]
    public void A_link_that_names_another_file_is_a_change()
    {
        WriteRules("review a when card_id in @linked");
        var (one, two) = (Path.Combine(_file.Folder, "one"), Path.Combine(_file.Folder, "two"));
        File.WriteAllText(one, "c-1\n");
        File.WriteAllText(two, "c-2\n");
        File.CreateSymbolicLink(ListOf("linked"), one);
        Assert.Equal([false, true], [Look(), Look()]);
        File.Delete(ListOf("linked"));
        File.CreateSymbolicLink(ListOf("linked"), two);
        Assert.Equal([false, true], [Look(), Look()]);
    }

    [Fact]
    public void What_was_judged_elsewhere_is_no_change()
    {
        WriteRules("review a when amount > 1");
        _watch.Judged(RuleWatch.StampOf(_topology));
        Assert.Equal([false, false], [Look(), Look()]);
    }

    public void Dispose() => _file.Dispose();

    private bool Look() => _watch.Look(_topology);

    private void WriteRules(string rules) => File.WriteAllText(Path.Combine(_file.Folder, "rules.txt"), rules + "\n");

    private string ListOf(string name) => Path.Combine(_file.Folder, "lists", name);
}
