using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Identity;
using StreamScoring.Lists;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.Tests.Features;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.State;

public sealed class SnapshotTests
{
    private const string Yaml =
        """
        version: 1
        features:
          - {name: count, entity: card_id, aggregate: count, window: 10s}
          - {name: merchants, entity: card_id, aggregate: distinct, of: merchant_id, window: 10s}
          - {name: risk, entity: merchant_id, aggregate: risk, window: 10s}
        """;

    private static readonly byte[] Good = Snapshot();

    [Fact]
    public void A_snapshot_cut_anywhere_is_refused()
    {
        for (var length = 0; length < Good.Length; length++)
        {
            Assert.Throws<SnapshotRefusedException>(() => Read(Good[..length]));
        }
    }

    [Fact]
    public void A_snapshot_with_any_bit_flipped_is_refused() =>
        Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Int[0, 7]).Sample((position, bit) =>
        {
            var damaged = Good.ToArray();
            damaged[position] ^= (byte)(1 << bit);
            Assert.Throws<SnapshotRefusedException>(() => Read(damaged));
        }, iter: 2000);

    [Fact]
    public void A_snapshot_of_another_feature_file_is_refused_with_the_reason()
    {
        var folder = Directory.CreateTempSubdirectory("snapshots").FullName;
        new SnapshotFolder(folder).Write("20260101T000000.000-a", stream => stream.Write(Good));
        var other = new FeatureHarness(Yaml.Replace("10s", "11s", StringComparison.Ordinal));
        var notices = new List<string>();
        var history = new SnapshotHistory(new SnapshotFolder(folder), other.File, new Dictionary<string, string>(), "", "b", keep: 2, new TextLogger(notices.Add));
        Assert.Null(history.RestoreNewest(() => other.State).From);
        Assert.Contains("another feature file", notices.Single(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_snapshot_outlives_a_comment_and_another_form_of_its_feature_file()
    {
        const string one = "version: 1\nfeatures:\n  - {name: n, entity: card_id, aggregate: count, window: 10s, where: amount > 1}\n  - {name: m, entity: card_id, aggregate: sum, of: amount, window: 10s, where: amount>1}\n";
        const string other = "# Reviewed.\nfeatures:\n  - name: n\n    describe: how many\n    entity: [card_id]\n    aggregate: count\n    window: 10s\n    where: amount  >  1\n"
            + "  - name: m\n    entity: card_id\n    of: amount\n    aggregate: sum\n    window: 10s\n    where: (amount > 1.0)\n";
        var (before, after) = (new FeatureHarness(one), new FeatureHarness(other));
        before.Fold(RandomEvents.Some(1, 60, lateness: 3));
        var folder = Directory.CreateTempSubdirectory("snapshots").FullName;
        new SnapshotFolder(folder).Write("20260101T000000.000-a", stream => stream.Write(CollectedState.Of(before.State).ToFile(before.Engine)));
        var history = new SnapshotHistory(new SnapshotFolder(folder), after.File, new Dictionary<string, string>(), "", "b", keep: 2, new TextLogger(Assert.Fail));
        var (restored, from) = history.RestoreNewest(() => new FoldedState(after.File, TestBatch.Logs, IdempotencyOptions.Default));
        Directory.Delete(folder, recursive: true);

        Assert.NotNull(from);
        Assert.Equal(CollectedState.DigestOf(before.State), CollectedState.DigestOf(restored));
    }

    [Fact]
    public void A_snapshot_whose_ids_are_hashed_by_another_secret_is_refused_with_the_reason()
    {
        var folder = Directory.CreateTempSubdirectory("snapshots").FullName;
        new SnapshotFolder(folder).Write("20260101T000000.000-a", stream => stream.Write(Good));
        var secret = IdentityHash.FromSecret("a secret of sixteen bytes and more");
        var (file, notices) = (new FeatureHarness(Yaml).File, new List<string>());
        var history = new SnapshotHistory(new SnapshotFolder(folder), file, new Dictionary<string, string>(), "", "b", keep: 2, new TextLogger(notices.Add), secret);
        Assert.Null(history.RestoreNewest(() => new FoldedState(file, TestBatch.Logs, IdempotencyOptions.Default, identity: secret)).From);
        Assert.Contains($"another secret (identity {IdentityHash.Development.Fingerprint}, this process has {secret.Fingerprint}", notices.Single(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_a_killed_process_had_begun_to_write_goes_with_the_next_snapshot_and_what_another_one_writes_stays()
    {
        var folder = Directory.CreateTempSubdirectory("snapshots").FullName;
        var store = new SnapshotFolder(folder);
        File.WriteAllText(Path.Combine(folder, "20260101T000000.000-dead.snapshot.partial"), "torn");
        using (new FileStream(Path.Combine(folder, "20260101T000001.000-live.snapshot.partial"), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            store.Write("20260101T000002.000-b", stream => stream.Write(Good));
        }

        Assert.Equal(
            ["20260101T000001.000-live.snapshot.partial", "20260101T000002.000-b.snapshot"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Older ones say nothing of it.</summary>
    [Theory]
    [MemberData(nameof(KeyCounts))]
    public void What_a_snapshot_says_of_how_many_keys_it_has_need_not_be_true(long[] keyCounts)
    {
        var harness = new FeatureHarness(Yaml);
        harness.Fold(RandomEvents.Some(1, 60, lateness: 3));
        var folder = Directory.CreateTempSubdirectory("snapshots").FullName;
        new SnapshotFolder(folder).Write("20260101T000000.000-a", stream => stream.Write(CollectedState.Of(harness.State).ToFile(harness.Engine, keyCounts)));
        var history = new SnapshotHistory(new SnapshotFolder(folder), harness.File, new Dictionary<string, string>(), "", "b", keep: 2, new TextLogger(Assert.Fail));
        var (restored, from) = history.RestoreNewest(() => new FoldedState(harness.File, TestBatch.Logs, IdempotencyOptions.Default));
        Directory.Delete(folder, recursive: true);

        Assert.NotNull(from);
        Assert.Equal(CollectedState.DigestOf(harness.State), CollectedState.DigestOf(restored));
        Assert.True(restored.Features.Bytes.Allocated <= harness.Engine.Bytes.Allocated);
    }

    public static TheoryData<long[]> KeyCounts => new() { Array.Empty<long>(), new[] { long.MaxValue, long.MaxValue, 7 }, new[] { long.MinValue, 1 } };

    [Fact]
    public void The_policy_that_logs_gave_is_restored()
    {
        var (head, _) = Read(Good);
        var restored = new FoldedState(new FeatureHarness(Yaml).File, new LogTable([(new LogId("eu", "payments", 0), LogKind.Payments)]), IdempotencyOptions.Default, clockBlockRecords: LogClock.BlockRecordsDefault);

        restored.Restore(head);

        Assert.Equal(("block a when amount > 1", "ann", 7L), restored.Control.Parts[ControlPart.Rules] is var part ? (part.Text, part.By, part.Offset) : default);
        Assert.Equal("allow b when amount > 1", restored.Applied.TextOf(ControlPart.Rules));
        Assert.Equal([(1000, "base: EUR"), (2000, "base: USD")], restored.Control.Rates.Select(rates => (rates.AtMs, rates.Text)));
        Assert.Equal(Lists.Lists.Values.Select(list => (list.Name, list.Hash, list.Count, list.ChangedAtMs)), restored.Lists.Lists.Values.Select(list => (list.Name, list.Hash, list.Count, list.ChangedAtMs)));
        Assert.True(restored.Lists["trusted"].ContainsText("c-1"u8, 4999));
        Assert.False(restored.Lists["trusted"].ContainsText("c-1"u8, 5000));
        Assert.True(restored.Lists["networks"].ContainsNumber(7, 0));
    }

    private static ListSet Lists => ListSet.Empty(IdentityHash.Development).With(
        [new ListChange("trusted", "c-1", 5000, false), new ListChange("trusted", "c-2", ListEntry.Forever, false), new ListChange("networks", "10.0.0.0/8", ListEntry.Forever, false), new ListChange("networks", "7.0", ListEntry.Forever, false)], 9);

    private static (StateHead, UInt128) Read(byte[] bytes) => new SnapshotReader(new MemoryStream(bytes), "s").ReadAll(_ => { });

    private static byte[] Snapshot()
    {
        var harness = new FeatureHarness(Yaml);
        harness.Fold(RandomEvents.Some(1, 60, lateness: 3));
        harness.State.Control = ControlState.Empty.With(new ControlChange("ann", "because", [ControlPart.Of(ControlPart.Rules, "block a when amount > 1", null)]), 7, 1000, out _)
            .With(new ControlChange("ann", "because", [ControlPart.Of(ControlPart.Rates, "base: EUR", null)]), 8, 1000, out _)
            .With(new ControlChange("ann", "because", [ControlPart.Of(ControlPart.Rates, "base: USD", ControlPart.HashOf("base: EUR"))]), 9, 2000, out _);
        harness.State.Applied = ControlState.Empty.With(new ControlChange("bob", "before", [ControlPart.Of(ControlPart.Rules, "allow b when amount > 1", null)]), 5, 900, out _);
        harness.State.Lists = Lists;
        return CollectedState.Of(harness.State).ToFile(harness.Engine);
    }
}
