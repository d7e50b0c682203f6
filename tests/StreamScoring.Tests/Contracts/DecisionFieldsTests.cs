using System.Collections;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Tests.Deployment;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Contracts;

/// <summary>
/// The table of a decision's fields against the record, the wire forms and the page that shows it.
/// </summary>
public sealed class DecisionFieldsTests
{
    private static readonly DecisionRecord Full = SampleDecisions.Of(new DecisionSource("eu", "payments", 3, 991), "p-1", "block", "late", "approximate") with
    {
        SourceTopicId = "AAAAAAAAAAAAAAAAAAAAAQ",
        RuleFile = SampleDecisions.Hash(0x04),
        Bounds = [new("amount", 2.5), new("country", null)],
    };

    /// <summary>As a reader finds it in its topic. One of its shadows gave no answer.</summary>
    private static readonly DecisionSchema Schema = AsRead(SampleDecisions.SchemaOf(Full, ["silent", .. Full.Shadow.Select(shadow => shadow.Model)]));

    public static TheoryData<string> Properties => [.. typeof(DecisionRecord).GetProperties().Select(property => property.Name)];

    [Theory, MemberData(nameof(Properties))]
    public void A_field_of_the_record_keeps_its_value_in_every_form_and_at_the_client(string name)
    {
        var property = typeof(DecisionRecord).GetProperty(name)!;
        var value = property.GetValue(Full);
        Assert.False(value is null or 0 or 0L or "" or ICollection { Count: 0 }, $"{name} has no value in {nameof(Full)}: give it one, and a line in {nameof(DecisionFields)}");
        var (compact, bySchema, json) = (SampleDecisions.Compact(Full), SampleDecisions.Compact(Full, Schema), SampleDecisions.Json(Full));
        Assert.Equivalent(value, property.GetValue(DecisionMessagePack.Read(compact)), strict: true);
        Assert.Equivalent(value, property.GetValue(DecisionJson.Read(json)), strict: true);
        Assert.Equivalent(value, property.GetValue(AtTheClient(compact)), strict: true);
        Assert.Equivalent(value, property.GetValue(AtTheClient(bySchema)), strict: true);
        Assert.Equivalent(value, property.GetValue(AtTheClient(json)), strict: true);
    }

    [Fact]
    public void A_decision_whose_schema_is_gone_keeps_all_that_it_says_itself()
    {
        var read = DecisionMessagePack.Read(SampleDecisions.Compact(Full, Schema), DecisionSchema.Unknown);
        Assert.Equal((Full.PaymentId, Full.Action, Full.Score, "", ""), (read.PaymentId, read.Action, read.Score, read.ModelName, read.FeatureFile));
        Assert.Equal([new("0", 12.5), new("1", "FR"), new("2", null)], read.Features);
        Assert.Equal([new DecisionReason("0", 12.5, 0.25, "")], read.Reasons);
        Assert.Equal([new("0", 2.5), new("1", null)], read.Bounds);
        Assert.Equal([new ShadowScore("1", 0.5)], read.Shadow);
    }

    /// <summary>The id of a schema is a hash: that of a topology without shadows stays.</summary>
    [Fact]
    public void A_decision_by_a_schema_that_names_its_shadows_itself_is_read()
    {
        var older = AsRead(SampleDecisions.SchemaOf(Full));
        Assert.Empty(older.Shadows);
        Assert.DoesNotContain("shadows", Encoding.UTF8.GetString(older.Value.Span), StringComparison.Ordinal);
        Assert.Equal(Full.Shadow, DecisionMessagePack.Read(SampleDecisions.Compact(Full, older), _ => older).Shadow);
    }

    [Fact]
    public void Answers_of_other_shadows_than_the_schema_s_are_refused()
    {
        var other = SampleDecisions.SchemaOf(Full, ["next"]);
        var e = Assert.Throws<MessagePackSerializationException>(() => DecisionMessagePack.Read(SampleDecisions.Compact(Full, Schema), _ => other));
        Assert.Contains("2 shadows", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_of_another_schema_is_refused_and_not_read_by_wrong_names()
    {
        var other = SampleDecisions.SchemaOf(Full with { Features = [.. Full.Features.Take(2)] });
        var e = Assert.Throws<MessagePackSerializationException>(() => DecisionMessagePack.Read(SampleDecisions.Compact(Full, Schema), _ => other));
        Assert.Contains("3 features", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<MessagePackSerializationException>(() => DecisionMessagePack.Read(SampleDecisions.Compact(Full, Schema)));
        Assert.Contains(Schema.Id, e.Message, StringComparison.Ordinal);
        var outcome = DecisionMessagePack.ReadOutcome(SampleDecisions.Compact(Full, Schema)).Outcome;
        Assert.Equal((Full.Action, Full.Score), (outcome!.Value.Action, outcome.Value.Score));
    }

    [Fact]
    public void Json_has_the_fields_of_the_table_in_its_order_and_nothing_else()
    {
        using var json = JsonDocument.Parse(SampleDecisions.Json(Full));
        Assert.Equal(DecisionFields.InJsonOrder.Select(field => field.Name), json.RootElement.EnumerateObject().Select(field => field.Name));
        foreach (var field in DecisionFields.InJsonOrder.Where(field => field.Parts.Length > 0))
        {
            var value = json.RootElement.GetProperty(field.Name);
            Assert.Equal(
                field.Parts.Select(part => part.Name), (field.Kind == DecisionKind.Groups ? value[0] : value).EnumerateObject().Select(part => part.Name));
        }
    }

    [Fact]
    public void Positions_have_no_gap_and_those_of_later_releases_are_the_last()
    {
        Assert.Equal(Enumerable.Range(1, DecisionMessagePack.Elements - 1), DecisionFields.ByPosition.Select(field => field.Position));
        Assert.Equal(24, DecisionFields.ByPosition.TakeWhile(field => !field.IsLater).Count());
        Assert.All(DecisionFields.ByPosition.Skip(24), field => Assert.True(field.IsLater));
        Assert.All(DecisionFields.InJsonOrder, field => Assert.Equal(Enumerable.Range(0, field.Parts.Length), field.Parts.Select(part => part.Position)));
    }

    /// <summary>Integrators read this text: an order or a name that changes breaks them.</summary>
    [Fact]
    public void The_json_of_a_decision_is_byte_for_byte_what_it_was() => Assert.Equal(
        """
        {"decision_id":"eu/payments/3/991","payment_id":"p-1","source":{"region":"eu","topic":"payments","partition":3,"offset":991,"topic_id":"AAAAAAAAAAAAAAAAAAAAAQ"},
        "event_time":"2023-11-14T22:13:20.000Z","log_time":"2023-11-14T22:13:20.001Z","received_at":"2023-11-14T22:13:20.002Z","decided_at":"2023-11-14T22:13:20.003Z",
        "action":"block","score":17,"level":"normal","probability":0.17,"raw":-1.5,"rung":"full",
        "model":{"name":"handbook","version":"sha256:0000000000000000000000000000000000000000000000000000000000000000","engine":"test"},
        "shadow":[{"model":"next","probability":0.5}],"rules":["r1"],"shadow_rules":["s1","s2"],
        "reasons":[{"feature":"amount","value":12.5,"contribution":0.25,"text":"the amount is high"}],
        "features":{"amount":12.5,"country":"FR","missing":null},
        "feature_file":"sha256:0101010101010101010101010101010101010101010101010101010101010101",
        "rule_file":"sha256:0404040404040404040404040404040404040404040404040404040404040404",
        "config":"sha256:0202020202020202020202020202020202020202020202020202020202020202",
        "flags":["late","approximate"],"bounds":{"amount":2.5,"country":null},"staleness_seconds":{"us":0.25},
        "timings_ms":{"queued":1,"features":2,"score":3,"decide":4,"total":10.5},
        "policy":"sha256:0303030303030303030303030303030303030303030303030303030303030303","decided_by":"thresholds","role":"champion"}
        """.ReplaceLineEndings(""),
        Encoding.UTF8.GetString(SampleDecisions.Json(Full)));

    [Fact]
    public void Json_of_older_releases_is_read_without_what_came_since()
    {
        var text = Encoding.UTF8.GetString(SampleDecisions.Json(Full with { SourceTopicId = null, Bounds = [], Policy = null, DecidedBy = null, Role = null }));
        var older = text.Replace("\"bounds\":{},", "", StringComparison.Ordinal).Replace(",\"policy\":null,\"decided_by\":null,\"role\":null", "", StringComparison.Ordinal);
        Assert.Equal(text, Encoding.UTF8.GetString(SampleDecisions.Json(DecisionJson.Read(Encoding.UTF8.GetBytes(older)))));
    }

    [Fact]
    public void The_table_of_the_page_is_this_table()
    {
        var page = DeploymentFile.Text("docs/wire-format.md");
        var start = page.IndexOf("| position |", page.IndexOf("## Decision", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(PageTable(), page[start..page.IndexOf("\n\n", start, StringComparison.Ordinal)]);
    }

    private static string PageTable() => string.Join('\n', [
        "| position | JSON | MessagePack | meaning |",
        "|---|---|---|---|",
        .. DecisionFields.InJsonOrder.OrderBy(field => field.Position).Select(field => $"| {field.Position} | `{field.Name}`{Shape(field)} | {Form(field)} | {field.Meaning} |")]);

    private static string Shape(DecisionField field) => field.Kind switch
    {
        DecisionKind.Numbers or DecisionKind.Values => " {name: value}",
        DecisionKind.Group => $" {{{PartNames(field)}}}",
        DecisionKind.Groups => $" [{{{PartNames(field)}}}]",
        _ => "",
    };

    private static string PartNames(DecisionField field) => string.Join(", ", field.Parts.Select(part => part.Name));

    private static string Form(DecisionField field) => field.Kind switch
    {
        DecisionKind.Id => "none",
        DecisionKind.Text => "text",
        DecisionKind.Integer or DecisionKind.Long => "integer",
        DecisionKind.Number => "number or nil",
        DecisionKind.Time => "ms since the Unix epoch",
        DecisionKind.Duration => "microseconds",
        DecisionKind.Hash => "32 bytes of SHA-256",
        DecisionKind.Texts => "array of texts",
        DecisionKind.Numbers => "map of numbers or nil",
        DecisionKind.Values => "map of numbers, texts or nil",
        DecisionKind.Group => $"[{string.Join(", ", field.Parts.Select(Form))}]",
        DecisionKind.Groups => $"array of [{string.Join(", ", field.Parts.Select(Form))}]",
        _ => throw new InvalidOperationException($"{field.Kind} has no words for the page yet"),
    } + (field.IsNullable ? " or nil" : "") + (field.IsLater ? " or absent" : "");

    private static DecisionRecord AtTheClient(byte[] value)
    {
        var headers = new Headers();
        foreach (var (name, text) in (ReadOnlySpan<(string, string)>)[
            (RecordHeaders.Region, Full.Source.Region), (RecordHeaders.Topic, Full.Source.Topic), (RecordHeaders.Partition, "3"), (RecordHeaders.Offset, "991")])
        {
            headers.Add(name, Encoding.UTF8.GetBytes(text));
        }

        var result = new ConsumeResult<byte[]?, byte[]?> { Message = new Message<byte[]?, byte[]?> { Headers = headers, Value = value } };
        Assert.True(DecisionParser.TryParse(result, id => id == Schema.Id ? Schema : null, out var decision, out var poison), poison);
        return decision.Record;
    }

    private static DecisionSchema AsRead(DecisionSchema written) => DecisionSchema.Read(written.Value, written.Id);
}
