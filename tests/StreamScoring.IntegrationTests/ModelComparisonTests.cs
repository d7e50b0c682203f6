using System.Text.Json;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Files;
using StreamScoring.Host.Comparing;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Models by what they made of live payments: docs/models.md, Shadow models.</summary>
public sealed class ModelComparisonTests
{
    [Fact]
    public void A_shadow_is_compared_with_what_was_decided_and_what_is_known_of_it_by_now()
    {
        var labels = new FinalLabels();
        var comparison = new ModelComparison(new RiskThresholds(), labels, nowMs: 1000);
        // Payment 0 to 9: decided by 0.95 where even; the shadow says 0.95 below 5, and of the even
        // ones late. Frauds are 0, 1 and 2; nothing is known of 9.
        var decisions = Enumerable.Range(0, 10).Select(i => SampleDecisions.Of(new DecisionSource("eu", "payments", 0, i), $"p-{i}") with
        {
            EventTimeMs = i,
            Score = i % 2 == 0 ? 95 : 5,
            Action = i % 2 == 0 ? "block" : "allow",
            DecidedBy = i == 8 ? "rules/stolen" : "thresholds",
            Role = i == 7 ? "canary" : "champion",
            Flags = i == 6 ? ["stand_in"] : [],
            Shadow = i % 2 == 0 ? [] : [new ShadowScore("next@1", i < 5 ? 0.95 : 0.05)],
        }).ToList();
        foreach (var decision in decisions.Where(decision => decision.Source.Offset % 2 == 0))
        {
            var answer = new ShadowAnswer(decision.Source, decision.PaymentId, "next@1", decision.Source.Offset < 5 ? 0.95 : 0.05);
            // The topic may have one twice.
            comparison.AddLate(answer);
            comparison.AddLate(answer);
        }

        for (var i = 0; i < 9; i++)
        {
            labels.Add(System.Text.Encoding.UTF8.GetBytes($"p-{i}"), i, knownAtMs: 100, isFraud: i < 3);
        }

        // Known in a while.
        labels.Add("p-9"u8, 9, knownAtMs: 1001, isFraud: true);
        decisions.ForEach(comparison.Add);
        comparison.Add(decisions[0] with { DecidedBy = "duplicate", Source = new DecisionSource("eu", "payments", 0, 100) });

        using var json = JsonDocument.Parse(comparison.ToJson().ToJsonString());
        var root = json.RootElement;
        Assert.Equal((10, 9), (root.GetProperty("payments").GetInt32(), root.GetProperty("labelled").GetInt32()));
        var shadow = Assert.Single(root.GetProperty("shadows").EnumerateArray());
        Assert.Equal(("next@1", 10, 5, 1.0, 9, 9, 3), (
            shadow.GetProperty("model").GetString(), shadow.GetProperty("answers").GetInt32(), shadow.GetProperty("late").GetInt32(), shadow.GetProperty("coverage").GetDouble(),
            shadow.GetProperty("compared").GetInt32(), shadow.GetProperty("labelled").GetInt32(), shadow.GetProperty("frauds").GetInt32()));
        // Both block 0, 2, 4 and allow 5, 7, 9; of 8 a rule decided.
        Assert.Equal(6 / 9.0, shadow.GetProperty("agreement").GetDouble());
        Assert.Equal("""{"allow":{"allow":3,"block":2},"block":{"allow":1,"block":3}}""", shadow.GetProperty("actions").GetRawText());
        // It flags 0 to 4, and 8 by the rule; of these 0, 1 and 2 are frauds.
        Assert.Equal((0.5, 1.0), (shadow.GetProperty("precision").GetDouble(), shadow.GetProperty("recall").GetDouble()));
        // Decided: 0, 2, 4, 6, 8.
        Assert.Equal((0.4, 2 / 3.0), (shadow.GetProperty("decided_precision").GetDouble(), shadow.GetProperty("decided_recall").GetDouble()));
        Assert.Equal("[5,0,0,0,0,0,0,0,0,5]", shadow.GetProperty("scores").GetRawText());

        var roles = root.GetProperty("roles").EnumerateArray().ToDictionary(role => role.GetProperty("role").GetString()!);
        Assert.Equal((9, 1, 1), (roles["champion"].GetProperty("payments").GetInt32(), roles["champion"].GetProperty("stand_ins").GetInt32(), roles["canary"].GetProperty("payments").GetInt32()));
        Assert.Equal(JsonValueKind.Null, roles["canary"].GetProperty("precision").ValueKind);
    }

    [Fact]
    public void An_answer_is_read_as_it_was_written()
    {
        var answer = new ShadowAnswer(new DecisionSource("eu", "payments", 3, 77), "p \"1\"", "next@1", 0.25);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            ShadowAnswer.Write(json, "eu/payments/3/77"u8, "p \"1\""u8, "next@1", 0.25);
        }

        Assert.Equal(answer, ShadowAnswer.Read(stream.ToArray()));
        Assert.Throws<JsonException>(() => ShadowAnswer.Read("{}"u8.ToArray()));
        Assert.Throws<JsonException>(() => ShadowAnswer.Read("""{"decision_id":"x","payment_id":"p","model":"m","probability":1}"""u8.ToArray()));
    }
}
