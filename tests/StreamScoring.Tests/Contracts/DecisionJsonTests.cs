using System.Text;
using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Contracts;

public sealed class DecisionJsonTests
{
    private static readonly DecisionRecord Decision = SampleDecisions.Of(new DecisionSource("eu", "payments", 3, 991), "p-1", "block", "late", "duplicate") with
    {
        Bounds = [new("amount", 2.5), new("country", null)],
    };

    [Fact]
    public void A_decision_that_was_written_as_json_reads_back_the_same()
    {
        var bytes = SampleDecisions.Json(Decision);
        var back = DecisionJson.Read(bytes);
        Assert.Equivalent(Decision, back, strict: true);
        Assert.Equal(bytes, SampleDecisions.Json(back));
    }

    [Fact]
    public void No_prefix_of_a_decision_is_one()
    {
        var bytes = SampleDecisions.Json(Decision);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<JsonException>(() => DecisionJson.Read(bytes.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData("\"score\":17", "\"score\":\"17\"")]
    [InlineData("\"score\":17", "\"score\":17.5")]
    [InlineData("\"score\":17", "\"scare\":17")]
    [InlineData("\"payment_id\":\"p-1\"", "\"payment_id\":\"\\ud800\"")]
    [InlineData("\"reasons\":[", "\"reasons\":[1,")]
    [InlineData("\"event_time\":\"2023", "\"event_time\":\"x")]
    [InlineData("\"model\":{", "\"model\":7,\"m\":{")]
    public void A_field_of_another_kind_is_refused_by_the_documented_error(string from, string to)
    {
        var text = Encoding.UTF8.GetString(SampleDecisions.Json(Decision)).Replace(from, to, StringComparison.Ordinal);
        Assert.Contains(to, text, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => DecisionJson.Read(Encoding.UTF8.GetBytes(text)));
    }
}
