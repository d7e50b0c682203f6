using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Identity;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What folding and reading cost by the number of entities and of their features: the same stream
/// into states of one and three entities, with one and five windows and with no and ten
/// expressions. Keys are drawn evenly from so many that hardly one is in the cache, which is the
/// dearest case. Time is the thread's CPU time.
/// </summary>
/// <param name="FoldNs">A payment, whatever its entities; and beside that each entity.</param>
/// <param name="ReadEntityNs">Of a decided payment each entity, each windowed feature, each
/// expression.</param>
internal sealed record FoldCosts(double FoldNs, double FoldEntityNs, double ReadEntityNs, double ReadFeatureNs, double ExpressionNs)
{
    private const int BatchRows = 256, SpacingMs = 1, Expressions = 10, Rows = 1600 * BatchRows;

    private static readonly TextField[] Entities = [TextField.CardId, TextField.MerchantId, TextField.DeviceId];
    private static readonly string[] Windows = ["30m", "1m", "5m", "10m", "20m"];

    /// <summary>So many that the longest window is full.</summary>
    private const int WarmUpRows = 30 * 60_000 / SpacingMs;

    private static readonly LogTable Logs = new([(new LogId("eu", "payments", 0), LogKind.Payments)]);

    public static FoldCosts Measure(int keys)
    {
        var (few, many) = (1, Entities.Length);
        var (one, all) = (1, Windows.Length);
        var narrow = Run(keys, few, one, 0);
        var deep = Run(keys, few, all, 0);
        var wide = Run(keys, many, one, 0);
        var both = Run(keys, many, all, 0);
        var expressions = Run(keys, few, one, Expressions);

        // Slopes between the ends of each range; of two that there are, the mean.
        var foldEntity = ((wide.Folded - narrow.Folded) + (both.Folded - deep.Folded)) / (2 * (many - few));
        var fold = ((narrow.Folded + deep.Folded) / 2) - (few * foldEntity);
        var readFeature = ((deep.Read - narrow.Read) / (few * (all - one)) + ((both.Read - wide.Read) / (many * (all - one)))) / 2;
        var readEntity = (((narrow.Read / few) + (wide.Read / many)) / 2) - (one * readFeature);
        return new FoldCosts(
            Math.Max(0, fold), Math.Max(0, foldEntity), Math.Max(0, readEntity), Math.Max(0, readFeature), Math.Max(0, (expressions.Read - narrow.Read) / Expressions));
    }

    /// <returns>Nanoseconds of a payment that is folded, and what reading it adds.</returns>
    private static (double Folded, double Read) Run(int keys, int entities, int windows, int expressions)
    {
        var file = FeatureFiles.Parse("constants", Features(entities, windows, expressions));
        var state = new FoldedState(file, Logs, IdempotencyOptions.Default);
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        var (random, number, foldedNs, decidedNs) = (new Random(1), 0L, 0L, 0L);
        while (number < WarmUpRows)
        {
            Step(decide: number / BatchRows % 2 == 0);
        }

        for (var row = 0; row < Rows; row += BatchRows)
        {
            decidedNs += Step(decide: true);
            foldedNs += Step(decide: false);
        }

        var (folded, decided) = (foldedNs / (double)Rows, decidedNs / (double)Rows);
        Console.Error.WriteLine($"{entities} entities, {windows} windows each, {expressions} expressions: {folded:0} ns folded, {decided:0} ns read too; {state.Features.Sizes.Sum(size => size.Bytes) >> 20} MiB");
        return (folded, decided - folded);

        long Step(bool decide)
        {
            for (var row = 0; row < BatchRows; row++, number++)
            {
                (batch.LogIndex[row], batch.Offset[row]) = (0, number);
                batch.LogTimestampMs[row] = batch.EventTimeMs[row] = 1_700_000_000_000 + (number * SpacingMs);
                batch.AmountMinor[row] = random.Next(1, 100_000);
                batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(number));
                foreach (var entity in Entities.AsSpan(0, entities))
                {
                    batch.Text(entity).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(((long)entity << 32) + random.Next(keys)));
                }
            }

            PaymentBatches.SetDecide(batch, decide);
            var startedNs = ThreadClock.NowNs();
            state.Enrich(batch);
            return ThreadClock.NowNs() - startedNs;
        }
    }

    private static string Features(int entities, int windows, int expressions)
    {
        var yaml = new StringBuilder("version: 1\nlateness: 0s\nfeatures:\n");
        foreach (var entity in Entities.Take(entities).Select(TextFields.NameOf))
        {
            foreach (var window in Windows.Take(windows))
            {
                yaml.AppendLine($"  - {{name: {entity}_{window}, entity: {entity}, aggregate: mean, of: amount, window: {window}}}");
            }
        }

        for (var i = 0; i < expressions; i++)
        {
            yaml.AppendLine($"  - {{name: expression_{i}, expression: \"amount / max(card_id_30m, {i + 1})\"}}");
        }

        return yaml.ToString();
    }
}
