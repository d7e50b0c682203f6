using System.Text;
using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Contracts;

public sealed class MaskedJsonTests
{
    public static TheoryData<string, string> Disguises => CardNumberTests.Disguises;

    [Theory, MemberData(nameof(Disguises))]
    public void A_foreign_dead_letter_shows_no_card_number_in_any_place(string name, string text)
    {
        var json = JsonSerializer.Serialize(text);
        var line = MaskedJson.Line(Encoding.UTF8.GetBytes(
            $$"""{"reason":{{json}},"detail":{{json}},"source":{"region":{{json}},"offset":4539578763621486},"value":"{\"a\":4.539578763621486e15}","more":[{{json}},{{{json}}:1}]}"""));
        CardNumberSearch.AssertNone(Encoding.UTF8.GetBytes(line), name);
        JsonDocument.Parse(line);
    }

    [Fact]
    public void What_holds_none_stays_as_it_is_and_control_characters_are_escaped()
    {
        const string Letter =
            """{"reason":"unknown_currency","field":null,"source":{"region":"eu","topic":"payments","partition":0,"offset":12},"redacted":false,"value":"{\u0022payment_id\u0022:\u0022p\u0022,\u0022event_time\u0022:1700000000000,\u0022amount_minor\u0022:1234}","n":[1.5,-2e3]}""";
        Assert.Equal(Letter, MaskedJson.Line(Encoding.UTF8.GetBytes(Letter)));
        Assert.Equal("""{"detail":"\u001B[2J"}""", MaskedJson.Line("{ \"detail\" : \"\\u001b[2J\"\n}"u8.ToArray()));
        Assert.Equal("""{"a":"(not shown: it holds an escape that is no character)"}""", MaskedJson.Line("{\"a\":\"\\ud834\"}"u8.ToArray()));
        Assert.ThrowsAny<JsonException>(() => MaskedJson.Line("{"u8.ToArray()));
    }
}
