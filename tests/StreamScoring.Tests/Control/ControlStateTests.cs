using System.Text;
using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.Control;

namespace StreamScoring.Tests.Control;

public sealed class ControlStateTests
{
    [Fact]
    public void A_change_takes_the_place_of_what_it_was_made_for()
    {
        var first = Take(ControlState.Empty, ControlPart.Rules, "one", expects: null, out var refusal);
        Assert.Null(refusal);

        var second = Take(first, ControlPart.Rules, "two", first.HashOf(ControlPart.Rules), out refusal);

        Assert.Null(refusal);
        Assert.Equal("two", second.TextOf(ControlPart.Rules));
        Assert.Equal(("ann", "because", 7L, 1000L), second.Parts[ControlPart.Rules] is var part ? (part.By, part.Why, part.Offset, part.AtMs) : default);
    }

    [Fact]
    public void Of_two_changes_made_for_one_policy_the_second_does_not_count()
    {
        var first = Take(ControlState.Empty, ControlPart.Rules, "one", expects: null, out _);

        var second = Take(first, ControlPart.Rules, "two", expects: null, out var refusal);

        Assert.Same(first, second);
        Assert.Contains($"rules {ControlPart.HashOf("one")} are in force", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void All_parts_of_a_change_count_or_none()
    {
        var rules = Take(ControlState.Empty, ControlPart.Rules, "one", expects: null, out _);
        var change = new ControlChange("ann", "because", [ControlPart.Of(ControlPart.Settings, "decide.blockFrom=9\n", null), ControlPart.Of(ControlPart.Rules, "two", "sha256:other")]);

        Assert.Same(rules, rules.With(change, 8, 1000, out var refusal));

        Assert.NotNull(refusal);
        Assert.Null(rules.TextOf(ControlPart.Settings));
    }

    [Fact]
    public void A_change_is_read_back_as_it_was_written()
    {
        var change = new ControlChange("ann", "größer \"als\" <je>", [ControlPart.Of(ControlPart.Rules, "block a when amount > 1\n", null), ControlPart.Of(ControlPart.Rates, "base: EUR", ControlPart.HashOf("x"))]);

        var read = ControlChange.Read(change.ToJson());

        Assert.Equal((change.By, change.Why), (read.By, read.Why));
        Assert.Equal(change.Parts, read.Parts);
    }

    [Fact]
    public void A_card_number_in_who_or_why_goes_no_further()
    {
        var read = ControlChange.Read(new ControlChange("op 4111111111111111", "card 4111-1111-1111-1111", [ControlPart.Of(ControlPart.Rules, "x", null)]).ToJson());
        Assert.DoesNotContain("1111", read.By[..^4] + read.Why[..^4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"by":"a","why":"b","parts":[]}""")]
    [InlineData("""{"version":1,"by":"a","why":"b","parts":[]}""")]
    [InlineData("""{"version":1,"by":"a","why":"b","parts":[{"kind":"rules","expects":null,"hash":"sha256:0","text":"x"}]}""")]
    [InlineData("""{"version":1,"by":"a","why":"b","parts":[{"kind":"rules"}]}""")]
    [InlineData("""{"version":1,"by":"\ud800","why":"b","parts":[]}""")]
    public void What_is_no_change_is_refused_by_name(string json) => Assert.ThrowsAny<JsonException>(() => ControlChange.Read(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void The_history_says_what_was_in_force_when_and_what_did_not_count()
    {
        var history = new ControlHistory();
        history.Add(0, 1000, Change("one", null));
        history.Add(1, 2000, Change("two", null));
        history.Add(2, 3000, "?"u8.ToArray());
        history.Add(3, 4000, Change("two", ControlPart.HashOf("one")));

        Assert.Equal([true, false, false, true], history.Entries.Select(entry => entry.Refusal is null));
        Assert.Equal([null, "one", "one", "two"], new[] { 999L, 1000, 3999, 4000 }.Select(at => history.At(at).TextOf(ControlPart.Rules)));
        Assert.Equal("two", history.InForce.TextOf(ControlPart.Rules));
    }

    private static byte[] Change(string text, string? expects) => new ControlChange("ann", "because", [ControlPart.Of(ControlPart.Rules, text, expects)]).ToJson();

    private static ControlState Take(ControlState before, string kind, string text, string? expects, out string? refusal) =>
        before.With(new ControlChange("ann", "because", [ControlPart.Of(kind, text, expects)]), offset: 7, atMs: 1000, out refusal);
}
