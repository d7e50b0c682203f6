using System.Numerics;
using System.Text;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Lists;
using StreamScoring.Logs;
using StreamScoring.Rules;

namespace StreamScoring.Emit;

/// <summary>
/// Writes a decided row in the compact form of <see cref="DecisionMessagePack"/>, straight from the
/// batch's columns. Whatever is the same for all rows is encoded once, at start, or left to a
/// schema. Allocates nothing per row.
/// </summary>
internal sealed class DecisionEncoder
{
    private static readonly byte[][] Actions = EncodedNames<DecisionAction>();
    private static readonly byte[][] Levels = EncodedNames<RiskLevel>();
    private static readonly byte[][] Rungs = EncodedNames<Rung>();
    private static readonly byte[][] Deciders = EncodedNames<DecidedBy>();

    /// <summary>By bit of <see cref="VerdictFlags"/>.</summary>
    private static readonly byte[][] Flags = [.. new[] { "late", "unscored", "duplicate", "approximate", "conflicting_id", "stand_in" }.Select(EncodedText)];
    private static readonly byte[] None = Encoded((ref MessagePackWriter writer) => writer.WriteNil());

    private readonly TimeProvider _clock;
    private readonly bool _usesSchema;
    private readonly byte[] _version;
    private readonly byte[][] _logs;

    /// <summary>By log index: the topic's id, encoded; empty where it is not known.</summary>
    private readonly byte[][] _topicIds;

    /// <summary>By model: itself, or the schema that has it.</summary>
    private readonly byte[][] _models;

    /// <summary>By model.</summary>
    private readonly byte[][] _roles;
    private readonly byte _champion;

    /// <summary>
    /// By feature: how maps and reasons call it, by name or by its place in the schema.
    /// </summary>
    private readonly byte[][] _featureNames;
    private readonly byte[][] _featureTexts;
    private readonly byte[][] _shadowIds;
    private readonly byte[][] _regionNames;
    private readonly byte[] _hashes;
    private readonly Func<ListSet, string>? _policyBy;
    private ListSet? _policyOf;
    private byte[] _policy;

    /// <summary>By rule, in the file's order: its name, and <c>rules/</c> and its name.</summary>
    private readonly byte[][] _ruleNames, _decidedByRule;

    /// <summary>[words] Rules that decide something, and those that do not.</summary>
    private readonly ulong[] _liveRules, _shadowRules;

    /// <param name="models">Those that may decide, in the order of the policy's.</param>
    /// <param name="champion">Its index: decisions without a score name it.</param>
    /// <param name="policy"><c>sha256:</c> and 64 hexadecimal digits.</param>
    /// <param name="usesSchema">Whether decisions leave to a schema what they have in
    /// common.</param>
    /// <param name="rules">Of the policy; null: none.</param>
    /// <param name="policyBy">What the policy is called with a batch's lists; null where these do
    /// not change its name. Then decisions name it themselves, as a schema for each change of a
    /// list would be too many.</param>
    public DecisionEncoder(
        DecisionStamp stamp, IReadOnlyList<ModelStamp> models, byte champion, string policy, LogTable logs, TimeProvider clock, bool usesSchema = false, IReadOnlyList<Rule>? rules = null, Func<ListSet, string>? policyBy = null)
    {
        Invariant.Require(stamp.FeatureTexts.Count == 0 || stamp.FeatureTexts.Count == stamp.FeatureNames.Count);
        var texts = stamp.FeatureTexts.Count == 0 ? stamp.FeatureNames : stamp.FeatureTexts;
        Schemas = usesSchema
            ? [.. models.Select(model => new DecisionSchema(stamp.FeatureNames, texts, model.Name, model.Version, model.Engine, stamp.FeatureFile, stamp.RuleFile, stamp.Config, policyBy is null ? policy : null, stamp.ShadowIds))]
            : [];
        _usesSchema = usesSchema;
        (_clock, _champion) = (clock, champion);
        _version = Encoded((ref MessagePackWriter writer) => writer.Write(usesSchema ? DecisionMessagePack.SchemaVersion : DecisionMessagePack.InlineVersion));
        (_policy, _policyBy) = (EncodedHash(policyBy is null ? Own(policy) : policy), policyBy);
        rules ??= [];
        (_ruleNames, _decidedByRule) = ([.. rules.Select(rule => EncodedText(rule.Name))], [.. rules.Select(rule => EncodedText($"rules/{rule.Name}"))]);
        (_liveRules, _shadowRules) = (BitsOf(rules, isShadow: false), BitsOf(rules, isShadow: true));
        _logs = [.. Enumerable.Range(0, logs.Count).Select(logIndex => EncodedLog(logs[logIndex], logs.TopicIdOf(logIndex) is null ? 4 : 5))];
        _topicIds = [.. Enumerable.Range(0, logs.Count).Select(logIndex => logs.TopicIdOf(logIndex) is { } id ? EncodedText(id) : [])];
        _models = [.. models.Select((model, i) => usesSchema ? EncodedHash(Schemas[i].Id) : Encoded((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(3);
            writer.Write(model.Name);
            DecisionMessagePack.WriteHash(ref writer, model.Version);
            writer.Write(model.Engine);
        }))];
        _roles = [.. models.Select(model => EncodedText(model.Role))];
        _featureNames = [.. stamp.FeatureNames.Select((name, place) => usesSchema ? Encoded((ref MessagePackWriter writer) => writer.Write(place)) : EncodedText(name))];
        _featureTexts = [.. texts.Select(EncodedText)];
        _shadowIds = [.. stamp.ShadowIds.Select(EncodedText)];
        _regionNames = [.. logs.FollowedRegions.Select(EncodedText)];
        _hashes = [.. EncodedHash(Own(stamp.FeatureFile)), .. EncodedHash(Own(stamp.RuleFile)), .. EncodedHash(Own(stamp.Config))];

        string? Own(string? hash) => usesSchema ? null : hash;
    }

    /// <summary>
    /// By model: what its decisions have in common; empty where each says it itself.
    /// </summary>
    public IReadOnlyList<DecisionSchema> Schemas { get; }

    /// <summary>Appends one decision.</summary>
    public void Encode(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        var clock = batch.Clock;
        var model = batch.ModelGiven[rowIndex] is var given and not PaymentBatch.NoModel ? given : _champion;
        if (_policyBy is not null && batch.Lists is { } lists && lists != _policyOf)
        {
            (_policy, _policyOf) = (EncodedHash(_policyBy(lists)), lists);
        }

        writer.WriteArrayHeader(DecisionMessagePack.Elements);
        writer.WriteRaw(_version);
        writer.WriteRaw(_logs[batch.LogIndex[rowIndex]]);
        writer.Write(batch.Offset[rowIndex]);
        writer.WriteRaw(_topicIds[batch.LogIndex[rowIndex]]);
        writer.WriteString(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex));
        writer.Write(batch.EventTimeMs[rowIndex]);
        writer.Write(batch.LogTimestampMs[rowIndex]);
        writer.Write(clock.ReceivedAtMs);
        writer.Write(clock.DecidedAtMs);
        writer.WriteRaw(Actions[(int)batch.Action[rowIndex]]);
        writer.Write(batch.Score[rowIndex]);
        writer.WriteRaw(Levels[(int)batch.Level[rowIndex]]);
        WriteNumber(ref writer, batch.Probability[rowIndex]);
        WriteNumber(ref writer, batch.RawScore[rowIndex]);
        writer.WriteRaw(Rungs[(int)batch.Rung[rowIndex]]);
        writer.WriteRaw(_models[model]);
        WriteFeatures(batch, rowIndex, ref writer);
        WriteRules(batch, rowIndex, _liveRules, ref writer);
        WriteRules(batch, rowIndex, _shadowRules, ref writer);
        WriteReasons(batch, rowIndex, ref writer);
        WriteShadow(batch, rowIndex, ref writer);
        writer.WriteRaw(_hashes);
        WriteFlags(batch.Flags[rowIndex], ref writer);
        WriteStaleness(batch, ref writer);
        WriteTimings(batch, rowIndex, ref writer);
        WriteBounds(batch, rowIndex, ref writer);
        writer.WriteRaw(_policy);
        writer.WriteRaw(batch.DecidedBy[rowIndex] == DecidedBy.Rule ? _decidedByRule[batch.Rules.Deciding[rowIndex]] : Deciders[(int)batch.DecidedBy[rowIndex]]);
        writer.WriteRaw(batch.Rung[rowIndex] == Rung.Rules ? None : _roles[model]);
    }

    private void WriteRules(PaymentBatch batch, int rowIndex, ulong[] kind, ref MessagePackWriter writer)
    {
        var count = 0;
        for (var word = 0; word < kind.Length; word++)
        {
            count += BitOperations.PopCount(batch.Rules.Fired(rowIndex)[word] & kind[word]);
        }

        writer.WriteArrayHeader(count);
        for (var word = 0; count > 0 && word < kind.Length; word++)
        {
            for (var bits = batch.Rules.Fired(rowIndex)[word] & kind[word]; bits != 0; bits &= bits - 1)
            {
                writer.WriteRaw(_ruleNames[(word * 64) + BitOperations.TrailingZeroCount(bits)]);
            }
        }
    }

    private static void WriteFlags(VerdictFlags flags, ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(BitOperations.PopCount((uint)flags));
        for (var bits = (uint)flags; bits != 0; bits &= bits - 1)
        {
            writer.WriteRaw(Flags[BitOperations.TrailingZeroCount(bits)]);
        }
    }

    private void WriteFeatures(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        if (!_usesSchema)
        {
            writer.WriteMapHeader(_featureNames.Length);
        }
        else
        {
            writer.WriteArrayHeader(_featureNames.Length);
        }

        for (var featureIndex = 0; featureIndex < _featureNames.Length; featureIndex++)
        {
            if (!_usesSchema)
            {
                writer.WriteRaw(_featureNames[featureIndex]);
            }

            var text = batch.Features.TextOf(featureIndex);
            if (text is null)
            {
                WriteNumber(ref writer, batch.Features.Column(featureIndex)[rowIndex]);
            }
            else if (text.Length[rowIndex] == 0)
            {
                writer.WriteNil();
            }
            else
            {
                writer.WriteString(text.Value(batch.Features.TextBytes, rowIndex));
            }
        }
    }

    private void WriteReasons(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        var features = batch.Reasons.Features(rowIndex);
        var contributions = batch.Reasons.Contributions(rowIndex);
        var count = batch.Reasons.Count[rowIndex];
        writer.WriteArrayHeader(count);
        for (var i = 0; i < count; i++)
        {
            writer.WriteArrayHeader(_usesSchema ? 2 : 4);
            writer.WriteRaw(_featureNames[features[i]]);
            if (!_usesSchema)
            {
                writer.Write(batch.Features.Column(features[i])[rowIndex]);
            }

            writer.Write(contributions[i]);
            if (!_usesSchema)
            {
                writer.WriteRaw(_featureTexts[features[i]]);
            }
        }
    }

    private void WriteShadow(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        if (_usesSchema)
        {
            writer.WriteArrayHeader(_shadowIds.Length);
            for (var shadow = 0; shadow < _shadowIds.Length; shadow++)
            {
                WriteNumber(ref writer, batch.Shadows.Column(shadow)[rowIndex]);
            }

            return;
        }

        var count = 0;
        for (var shadow = 0; shadow < _shadowIds.Length; shadow++)
        {
            count += double.IsNaN(batch.Shadows.Column(shadow)[rowIndex]) ? 0 : 1;
        }

        writer.WriteArrayHeader(count);
        for (var shadow = 0; count > 0 && shadow < _shadowIds.Length; shadow++)
        {
            if (batch.Shadows.Column(shadow)[rowIndex] is var probability && !double.IsNaN(probability))
            {
                writer.WriteArrayHeader(2);
                writer.WriteRaw(_shadowIds[shadow]);
                writer.Write(probability);
            }
        }
    }

    private void WriteStaleness(PaymentBatch batch, ref MessagePackWriter writer)
    {
        Invariant.Require(batch.StalenessSeconds.Length == _regionNames.Length);
        writer.WriteMapHeader(_regionNames.Length);
        for (var region = 0; region < _regionNames.Length; region++)
        {
            writer.WriteRaw(_regionNames[region]);
            if (double.IsNaN(batch.StalenessSeconds[region]))
            {
                writer.WriteNil();
            }
            else
            {
                writer.Write((float)batch.StalenessSeconds[region]);
            }
        }
    }

    private void WriteBounds(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        var count = 0;
        for (var featureIndex = 0; batch.IsApproximate[rowIndex] && featureIndex < _featureNames.Length; featureIndex++)
        {
            count += batch.Bounds.Column(featureIndex)[rowIndex] != 0 ? 1 : 0;
        }

        writer.WriteMapHeader(count);
        for (var featureIndex = 0; count > 0 && featureIndex < _featureNames.Length; featureIndex++)
        {
            if (batch.Bounds.Column(featureIndex)[rowIndex] is var bound && bound != 0)
            {
                writer.WriteRaw(_featureNames[featureIndex]);
                WriteNumber(ref writer, bound);
            }
        }
    }

    private void WriteTimings(PaymentBatch batch, int rowIndex, ref MessagePackWriter writer)
    {
        var clock = batch.Clock;
        writer.WriteArrayHeader(5);
        writer.Write(Math.Max(0, clock.ReceivedAtMs - batch.LogTimestampMs[rowIndex]) * 1000);
        writer.Write(Microseconds(clock.Received, clock.Enriched));
        writer.Write(Microseconds(clock.Enriched, clock.Scored));
        writer.Write(Microseconds(clock.Scored, clock.Decided));
        writer.Write(Math.Max(0, clock.DecidedAtMs - batch.LogTimestampMs[rowIndex]) * 1000);
    }

    private long Microseconds(long from, long to) => _clock.GetElapsedTime(from, to).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>
    /// A whole number takes the integer form, which is shorter and exact; NaN is nil.
    /// </summary>
    private static void WriteNumber(ref MessagePackWriter writer, double value)
    {
        if (double.IsNaN(value))
        {
            writer.WriteNil();
        }
        else if (Math.Abs(value) < 1L << 53 && value == (long)value)
        {
            writer.Write((long)value);
        }
        else
        {
            writer.Write(value);
        }
    }

    private static ulong[] BitsOf(IReadOnlyList<Rule> rules, bool isShadow)
    {
        var bits = new ulong[(rules.Count + 63) / 64];
        for (var i = 0; i < rules.Count; i++)
        {
            bits[i / 64] |= rules[i].IsShadow == isShadow ? 1UL << (i % 64) : 0;
        }

        return bits;
    }

    private static byte[] EncodedLog(LogId log, int elements) => Encoded((ref MessagePackWriter writer) =>
    {
        writer.WriteArrayHeader(elements);
        writer.Write(log.Region);
        writer.Write(log.Topic);
        writer.Write(log.Partition);
    });

    private static byte[][] EncodedNames<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => EncodedText(name.ToLowerInvariant()))];

    private static byte[] EncodedHash(string? hash) => Encoded((ref MessagePackWriter writer) => DecisionMessagePack.WriteHash(ref writer, hash));

    private static byte[] EncodedText(string text) =>
        Encoded((ref MessagePackWriter writer) => writer.WriteString(Encoding.UTF8.GetBytes(text)));

    private delegate void WritePart(ref MessagePackWriter writer);

    private static byte[] Encoded(WritePart write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
