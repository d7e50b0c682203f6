using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Host.Replaying;

/// <summary>A decision as it was recorded, as far as it is compared with what is decided anew.
/// </summary>
internal sealed record RecordedVerdict
{
    /// <summary>Partition and offset of the payment's record.</summary>
    public required int Partition { get; init; }

    /// <inheritdoc cref="Partition"/>
    public required long Offset { get; init; }

    public required string PaymentId { get; init; }

    /// <summary>Of the payment, ms since the Unix epoch.</summary>
    public required long EventTimeMs { get; init; }

    public required DecisionAction Action { get; init; }

    public required int Score { get; init; }

    /// <summary>NaN where no model gave one.</summary>
    public required double Probability { get; init; }

    /// <inheritdoc cref="Probability"/>
    public required double Raw { get; init; }

    public required string Rung { get; init; }

    public required string? Role { get; init; }

    public required string ModelName { get; init; }

    public required string ModelVersion { get; init; }

    public required string? DecidedBy { get; init; }

    public required string? Policy { get; init; }

    public required VerdictFlags Flags { get; init; }

    /// <summary>Names of the rules that fired, in the order of their file.</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    /// <inheritdoc cref="Rules"/>
    public required IReadOnlyList<string> ShadowRules { get; init; }

    /// <summary>[features] In the order of their file.</summary>
    public required IReadOnlyList<string> FeatureNames { get; init; }

    /// <summary>[features] A number, NaN where it is missing or a text.</summary>
    public required double[] Numbers { get; init; }

    /// <summary>[features] A text; null where it is missing or a number.</summary>
    public required string?[] Texts { get; init; }

    /// <summary>By the shadow's id.</summary>
    public required IReadOnlyList<ShadowScore> Shadows { get; init; }

    /// <summary>It is the first decision of its payment once more.</summary>
    public bool IsRepeat => DecidedBy == "duplicate";

    public static RecordedVerdict Of(DecisionRecord decision) => new()
    {
        Partition = decision.Source.Partition,
        Offset = decision.Source.Offset,
        PaymentId = decision.PaymentId,
        EventTimeMs = decision.EventTimeMs,
        Action = Enum.Parse<DecisionAction>(decision.Action, ignoreCase: true),
        Score = decision.Score,
        Probability = decision.Probability ?? double.NaN,
        Raw = decision.Raw ?? double.NaN,
        Rung = decision.Rung,
        Role = decision.Role,
        ModelName = decision.ModelName,
        ModelVersion = decision.ModelVersion,
        DecidedBy = decision.DecidedBy,
        Policy = decision.Policy,
        Flags = decision.Flags.Aggregate(VerdictFlags.None, (flags, flag) => flags | FlagOf(flag)),
        Rules = decision.Rules,
        ShadowRules = decision.ShadowRules,
        FeatureNames = [.. decision.Features.Select(feature => feature.Key)],
        Numbers = [.. decision.Features.Select(feature => feature.Value as double? ?? double.NaN)],
        Texts = [.. decision.Features.Select(feature => feature.Value as string)],
        Shadows = decision.Shadow,
    };

    /// <param name="texts">Gives equal texts a number, and lists of names too.</param>
    public void Write(BinaryWriter to, Interned texts)
    {
        to.Write7BitEncodedInt(Partition);
        to.Write7BitEncodedInt64(Offset);
        to.Write(PaymentId);
        to.Write(EventTimeMs);
        to.Write((byte)Action);
        to.Write((byte)Score);
        to.Write(Probability);
        to.Write(Raw);
        to.Write((byte)Flags);
        foreach (var text in (ReadOnlySpan<string?>)[Rung, Role, ModelName, ModelVersion, DecidedBy, Policy])
        {
            to.Write7BitEncodedInt(texts.NumberOf(text));
        }

        foreach (var names in (ReadOnlySpan<IReadOnlyList<string>>)[Rules, ShadowRules, FeatureNames])
        {
            to.Write7BitEncodedInt(texts.NumberOf(names));
        }

        for (var i = 0; i < Numbers.Length; i++)
        {
            to.Write(Texts[i] is not null);
            if (Texts[i] is { } text)
            {
                to.Write(text);
            }
            else
            {
                to.Write(Numbers[i]);
            }
        }

        to.Write7BitEncodedInt(Shadows.Count);
        foreach (var shadow in Shadows)
        {
            to.Write7BitEncodedInt(texts.NumberOf(shadow.Model));
            to.Write(shadow.Probability);
        }
    }

    /// <inheritdoc cref="Write"/>
    public static RecordedVerdict Read(BinaryReader from, Interned texts)
    {
        var (partition, offset, id, eventTimeMs) = (from.Read7BitEncodedInt(), from.Read7BitEncodedInt64(), from.ReadString(), from.ReadInt64());
        var (action, score, probability, raw, flags) = ((DecisionAction)from.ReadByte(), from.ReadByte(), from.ReadDouble(), from.ReadDouble(), (VerdictFlags)from.ReadByte());
        var (rung, role, model, version, decidedBy, policy) = (Text(), Text(), Text(), Text(), Text(), Text());
        var (rules, shadowRules, names) = (Names(), Names(), Names());
        var (numbers, values) = (new double[names.Count], new string?[names.Count]);
        for (var i = 0; i < names.Count; i++)
        {
            (numbers[i], values[i]) = from.ReadBoolean() ? (double.NaN, from.ReadString()) : (from.ReadDouble(), null);
        }

        var shadows = new ShadowScore[from.Read7BitEncodedInt()];
        for (var i = 0; i < shadows.Length; i++)
        {
            shadows[i] = new ShadowScore(Text()!, from.ReadDouble());
        }

        return new RecordedVerdict
        {
            Partition = partition,
            Offset = offset,
            PaymentId = id,
            EventTimeMs = eventTimeMs,
            Action = action,
            Score = score,
            Probability = probability,
            Raw = raw,
            Rung = rung!,
            Role = role,
            ModelName = model!,
            ModelVersion = version!,
            DecidedBy = decidedBy,
            Policy = policy,
            Flags = flags,
            Rules = rules,
            ShadowRules = shadowRules,
            FeatureNames = names,
            Numbers = numbers,
            Texts = values,
            Shadows = shadows,
        };

        string? Text() => texts.TextAt(from.Read7BitEncodedInt());

        IReadOnlyList<string> Names() => texts.NamesAt(from.Read7BitEncodedInt());
    }

    private static VerdictFlags FlagOf(string name) => name switch
    {
        "late" => VerdictFlags.Late,
        "unscored" => VerdictFlags.Unscored,
        "duplicate" => VerdictFlags.Duplicate,
        "approximate" => VerdictFlags.Approximate,
        "conflicting_id" => VerdictFlags.ConflictingId,
        "stand_in" => VerdictFlags.StandIn,
        _ => VerdictFlags.None,
    };
}
