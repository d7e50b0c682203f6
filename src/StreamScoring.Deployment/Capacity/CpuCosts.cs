using StreamScoring.Features;

namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// CPU nanoseconds of one record, for a feature file: everywhere, and of these on the one thread
/// that folds (the writer), and on others that a stage has for itself.
/// </summary>
/// <param name="Followed">A payment that is folded only.</param>
/// <param name="Decided">A payment that is decided.</param>
/// <param name="Decode">On the one thread that decodes; for a label too.</param>
/// <param name="Score">On one of the scoring lanes.</param>
/// <param name="Encode">On the one thread that decides, encodes and emits.</param>
internal sealed record CpuCosts(
    double Followed, double Decided, double Label, double WriterFollowed, double WriterDecided, double WriterLabel, double Decode, double DecodeLabel, double Score, double Encode)
{
    public static CpuCosts Of(FeatureFile file, IReadOnlyList<EntityLayout> entities, WireSizes wire, double? scoreMicroseconds, CapacityConstants constants)
    {
        var expressions = file.ExpressionOrder.Count;
        var fold = constants.FoldNs + (constants.FoldEntityNs * entities.Count);
        var foldLabel = constants.FoldNs + (constants.FoldEntityNs * entities.Count(entity => entity.HasLabels));
        var read = (constants.ReadEntityNs * entities.Count) + (constants.ReadFeatureNs * (file.Features.Count - expressions))
            + (constants.ExpressionNs * expressions);
        var take = constants.TakeNs + constants.DecodeNs;
        var followed = take + More(wire.PaymentBytes) + fold;
        var (score, encode) = (scoreMicroseconds * 1000 ?? constants.ScoreNs, constants.DecideNs + (constants.EncodeByteNs * wire.DecisionBytes));
        return new CpuCosts(
            followed,
            followed + read + score + encode + constants.SendNs,
            take + More(wire.LabelBytes) + foldLabel,
            fold,
            fold + read,
            foldLabel,
            constants.DecodeNs + More(wire.PaymentBytes),
            constants.DecodeNs + More(wire.LabelBytes),
            score,
            encode);

        double More(double bytes) => constants.DecodeByteNs * Math.Max(0, bytes - constants.SmallPaymentBytes);
    }
}
