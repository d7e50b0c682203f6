using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using MessagePack;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Emit;

public sealed class DecisionTranscoderTests
{
    private static readonly DecisionRecord Sample = SampleDecisions.Of(new DecisionSource("eu", "payments", 3, 991), "p-1", "block", "late", "duplicate");

    private static readonly Gen<double?> Numbers = Gen.OneOf(
        Gen.Double.Select(number => (double?)number),
        Gen.Int.Select(number => (double?)number),
        OneOf<double?>(null, 0, -0.0, double.NaN, double.PositiveInfinity, double.MaxValue, double.Epsilon, 1L << 53));

    /// <summary>Whatever is valid UTF-8: half of a character pair has no such form.</summary>
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))), OneOf("", "\"quoted\"\\\n", "näme", "<&'+>", "🂡", "2018-04-01"));

    private static readonly Gen<DecisionRecord> Decisions = Gen.Select(
        Gen.Select(Texts, Texts, Gen.Int, Gen.Long), Texts.Array[0, 3], Numbers.Array[2], Gen.Select(Texts, Numbers).Array[0, 4], Gen.Select(Texts, Texts).Array[0, 2],
        Gen.Long[0, 1L << 45].Array[4], Gen.Long[0, 1L << 40].Array[5],
        (source, texts, numbers, named, features, times, timings) => Sample with
        {
            Source = new DecisionSource(source.Item1, source.Item2, source.Item3, source.Item4),
            SourceTopicId = texts.Length > 1 ? texts[1] : null,
            PaymentId = source.Item1,
            EventTimeMs = times[0],
            LogTimestampMs = times[1],
            ReceivedAtMs = times[2],
            DecidedAtMs = times[3],
            Score = source.Item3,
            Probability = numbers[0],
            Raw = numbers[1],
            RuleFile = texts.Length > 0 ? null : SampleDecisions.Hash(7),
            Features = [.. named.Select(item => new KeyValuePair<string, object?>(item.Item1, item.Item2)), .. features.Select(item => new KeyValuePair<string, object?>(item.Item1, item.Item2))],
            Rules = texts,
            ShadowRules = [.. texts.Skip(1)],
            Reasons = [.. named.Select(item => new DecisionReason(item.Item1, item.Item2 ?? 0, 0.5, item.Item1))],
            Shadow = [.. named.Select(item => new ShadowScore(item.Item1, item.Item2 ?? 0))],
            Flags = [.. texts.Skip(2)],
            StalenessSeconds = [.. named.Select(item => new KeyValuePair<string, double>(item.Item1, item.Item2 ?? double.NaN))],
            TimingsMs = new DecisionTimings(timings[0] / 1000.0, timings[1] / 1000.0, timings[2] / 1000.0, timings[3] / 1000.0, timings[4] / 1000.0),
            Bounds = [.. named.Select(item => new KeyValuePair<string, double?>(item.Item1, item.Item2))],
        });

    [Fact]
    public void A_decision_becomes_the_json_of_its_record() => Decisions.Sample(decision =>
    {
        var compact = SampleDecisions.Compact(decision);
        Assert.Equal(Encoding.UTF8.GetString(SampleDecisions.Json(DecisionMessagePack.Read(compact))), Encoding.UTF8.GetString(Json(compact)));
    });

    [Theory]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000Z")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999Z")]
    public void A_record_with_a_timestamp_beyond_the_calendar_has_a_decision_in_json(long timestampMs, string logTime)
    {
        using var json = JsonDocument.Parse(Json(SampleDecisions.Compact(Sample with { LogTimestampMs = timestampMs })));
        Assert.Equal(logTime, json.RootElement.GetProperty("log_time").GetString());
    }

    [Fact]
    public void No_prefix_of_a_decision_is_one()
    {
        var compact = SampleDecisions.Compact(Sample);
        for (var length = 0; length < compact.Length; length++)
        {
            var e = Assert.ThrowsAny<Exception>(() => Json(compact.AsMemory(0, length)));
            Assert.True(e is MessagePackSerializationException or EndOfStreamException, $"{length}: {e}");
        }
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static byte[] Json(ReadOnlyMemory<byte> compact)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        DecisionTranscoder.ToJson(compact, writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
