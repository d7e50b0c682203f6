using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Tests.Deployment;

namespace StreamScoring.Tests.Tuning;

public sealed class TopologyTextTests : IDisposable
{
    private static readonly (string Key, string Value)[] Recommended =
        [("ingest.batchRowsMax", "512"), ("score.lanes", "2"), ("emit.batchesInFlightMax", "64"), ("emit.linger", "5ms"), ("emit.compression", "none")];

    private readonly SampleTopology _file = new();

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData("emit:\n  linger: 1ms\n", "emit:\n  linger: 5ms # c; was 1ms\n")]
    [InlineData("emit:\n  linger: 1ms   # for p99\n  format: json\n", "emit:\n  linger: 5ms   # for p99 # c; was 1ms\n  format: json\n")]
    [InlineData("emit:\n  linger: \"1ms\"\n", "emit:\n  linger: 5ms # c; was \"1ms\"\n")]
    [InlineData("emit:\n  linger: ${LINGER:-1ms}\n", "emit:\n  linger: 5ms # c; was ${LINGER:-1ms}\n")]
    [InlineData("emit:\n  linger:\n  format: json\n", "emit:\n  linger: 5ms # c\n  format: json\n")]
    [InlineData("emit:\n    # how\n    format: json\n\n# next\nhttp: {port: 0}\n", "emit:\n    # how\n    format: json\n    linger: 5ms # c\n\n# next\nhttp: {port: 0}\n")]
    [InlineData("emit:\n  format: json  # text", "emit:\n  format: json  # text\n  linger: 5ms # c\n")]
    [InlineData("emit: {format: json}\n", "emit: {linger: 5ms, format: json} # c\n")]
    [InlineData("emit: {format: json, linger: 1ms} # both\n", "emit: {format: json, linger: 5ms} # both # c; was 1ms\n")]
    [InlineData("emit: {}\nhttp:\n  port: 0\n", "emit: {linger: 5ms} # c\nhttp:\n  port: 0\n")]
    [InlineData("emit:\nhttp:\n  port: 0\n", "emit:\n  linger: 5ms # c\nhttp:\n  port: 0\n")]
    [InlineData("http:\n  port: 0\n# the end\n", "http:\n  port: 0\n# the end\nemit:\n  linger: 5ms # c\n")]
    [InlineData("http:\n  port: 0", "http:\n  port: 0\nemit:\n  linger: 5ms # c\n")]
    [InlineData("emit:\r\n  linger: 1ms\r\n  format: json\r\n", "emit:\r\n  linger: 5ms # c; was 1ms\r\n  format: json\r\n")]
    [InlineData("http:\r\n  port: 0\r\n", "http:\r\n  port: 0\r\nemit:\r\n  linger: 5ms # c\r\n")]
    public void A_value_is_set_and_all_else_stays_as_it_stands(string before, string after)
    {
        const string head = "# A comment.\nversion: 1\n";
        Assert.Equal(head + after, TopologyText.Set(head + before, "emit.linger", "5ms", "c"));
        Assert.Equal("{version: 1, emit: {linger: 5ms, format: json}} # c", TopologyText.Set("{version: 1, emit: {format: json}}", "emit.linger", "5ms", "c"));
        Assert.Equal("{emit: {linger: 5ms}, version: 1} # c", TopologyText.Set("{version: 1}", "emit.linger", "5ms", "c"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\ningest:\n  cardNumberFieldsIgnored:\n    - card_id  # tokens\n    - customer_id\n  # no more\nscore: {engine: onnxruntime}\n\n# how decisions go out\nemit:\n  format: json   # text\n  linger: ${NO_SUCH:-2ms}\n")]
    [InlineData("\nemit: {format: json,\n  linger: 2ms,  # ms\n  compression: zstd}\nscore:\n")]
    public void Every_recommended_value_is_in_force_nothing_else_changed_and_each_comment_is_kept(string sections)
    {
        var before = SampleTopology.Text + sections;
        var after = Recommended.Aggregate(before, (text, knob) => TopologyText.Set(text, knob.Key, knob.Value, $"tuned {knob.Key}"));
        after = TopologyText.Head(after, ["Written by: scoring tune", ""]);
        Assert.StartsWith("# Written by: scoring tune\n#\nversion: 1\n", after, StringComparison.Ordinal);
        _file.Write(before);
        var old = _file.Load();
        _file.Write(after);
        var tuned = _file.Load();
        Assert.All(Recommended, knob => Assert.Equal(knob.Value, TopologyKeys.Named(knob.Key).Text(tuned)));
        Assert.Equal(
            Recommended.Select(knob => knob.Key).Order(),
            TopologyKeys.Of(tuned).Where(key => key.Text(tuned) != key.Text(old)).Select(key => key.Name).Order());
        Assert.All(before.Split('\n').Where(line => line.Contains('#')), line => Assert.Contains(line[line.IndexOf('#', StringComparison.Ordinal)..], after, StringComparison.Ordinal));
        Assert.All(Recommended, knob => Assert.Contains($"# tuned {knob.Key}", after, StringComparison.Ordinal));
    }
}
