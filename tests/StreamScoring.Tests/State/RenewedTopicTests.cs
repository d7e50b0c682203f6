using StreamScoring.Contracts;
using StreamScoring.State;
using StreamScoring.Tests.Features;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.State;

/// <summary>A topic was deleted and made again since a snapshot was written.</summary>
public sealed class RenewedTopicTests : IDisposable
{
    private const string Yaml =
        """
        version: 1
        features:
          - {name: count, entity: card_id, aggregate: count, window: 10s}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("snapshots").FullName;
    private readonly List<string> _notices = [];
    private readonly FeatureHarness _harness = new(Yaml);
    private int _written;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_folded_of_the_former_topic_stays_and_the_new_one_is_folded_from_its_beginning()
    {
        _harness.Fold([Payment("a"), Payment("b"), Payment("c")]);
        Write(_harness.State, History("old"));
        var state = Restore(History("new"));
        Assert.Equal(0, state.Vector[TestBatch.Payments]);
        Assert.Equal(CollectedState.DigestOf(_harness.State), CollectedState.DigestOf(state));
        Assert.Contains(_notices, notice => notice.Contains("topic eu/payments was made anew", StringComparison.Ordinal));
    }

    [Fact]
    public void A_payment_that_is_published_into_the_new_topic_again_is_known_for_a_duplicate()
    {
        _harness.Fold([Payment("a"), Payment("b"), Payment("c")]);
        Write(_harness.State, History("old"));
        var state = Restore(History("new"));
        // More of it, twice made anew: the positions of the former ones are their own all the
        // while.
        Write(state, History("new"));
        state = Restore(History("newer"));
        var entries = state.Payments.ToArray();
        Assert.Equal([-3L, -2L, -1L], entries.Select(entry => entry.Offset));
        var again = new IdempotencyIndex.Entry(entries[1].Hash, entries[1].Content, 0, TestBatch.LogTimestampMs, TestBatch.Payments);
        Assert.Equal(Finding.Duplicate, state.Payments.FindOrAdd(again, out var first, out _));
        Assert.Equal(-2, first.Offset);
    }

    [Fact]
    public void A_snapshot_of_other_topics_is_another_deployments()
    {
        _harness.Fold([Payment("a"), Payment("b")]);
        Write(_harness.State, History("old"));
        var history = History("old");
        history.Required = ["eu/payments", "eu/labels"];
        Assert.Null(history.RestoreNewest(() => new FoldedState(_harness.File, TestBatch.Logs, IdempotencyOptions.Default)).From);
        Assert.Contains(_notices, notice => notice.EndsWith("it is of other topics: it holds nothing of eu/labels", StringComparison.Ordinal));
    }

    [Fact]
    public void A_topic_whose_id_is_not_known_is_taken_for_the_one_that_the_snapshot_is_of()
    {
        _harness.Fold([Payment("a"), Payment("b")]);
        Write(_harness.State, History("old"));
        var history = History(null);
        Assert.Equal(2, Restore(history).Vector[TestBatch.Payments]);
        Assert.Equal("old", history.TopicIds["eu/payments"]);
    }

    private static Payment Payment(string id) =>
        new() { PaymentId = id, EventTimeMs = TestBatch.LogTimestampMs, AmountMinor = 1, Currency = "EUR", CardId = "c" };

    private SnapshotHistory History(string? topicId) => new(
        new SnapshotFolder(_folder), _harness.File, topicId is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["eu/payments"] = topicId },
        "sha256:config", "a", keep: 5, new TextLogger(_notices.Add));

    private FoldedState Restore(SnapshotHistory history)
    {
        var (state, from) = history.RestoreNewest(() => new FoldedState(_harness.File, TestBatch.Logs, IdempotencyOptions.Default));
        Assert.NotNull(from);
        return state;
    }

    private void Write(FoldedState state, SnapshotHistory history)
    {
        var copy = CollectedState.Of(state);
        history.Write(copy.Head!, copy.Chunks, state.Features.NewDigest(), DateTimeOffset.UnixEpoch.AddSeconds(++_written));
    }
}
