using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Identity;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Benchmarks.Scale;

/// <summary>
/// So many features, a quarter of them of each of four entities, as different windows of up to an
/// hour and different aggregates of each. Folded, read, and encoded with the decision, which names
/// each; time is the thread's CPU time.
/// </summary>
internal sealed class FeaturePoint : IScalePoint
{
    private const int BatchRows = 256, Keys = 10_000, SpacingMs = 100, WindowSeconds = 3600, WarmUpRows = 2 * WindowSeconds * 1000 / SpacingMs;

    private static readonly TextField[] Entities = [TextField.CardId, TextField.CustomerId, TextField.MerchantId, TextField.DeviceId];
    private static readonly string[] Aggregates = ["aggregate: mean, of: amount", "aggregate: count", "aggregate: sum, of: amount", "aggregate: zscore, of: amount"];
    private static readonly LogTable Logs = new([(new LogId("eu", "payments", 0), LogKind.Payments)]);

    private readonly Random _random = new(1);
    private readonly FoldedState _state;
    private readonly BatchEncoder _encoder;
    private readonly DecisionEncoder _decisions;
    private readonly PaymentBatch _batch;
    private long _number;

    public FeaturePoint(int features)
    {
        var file = FeatureFiles.Parse("scale", Features(features));
        Invariant.Require(file.Layout.FeatureCount == features);
        _state = new FoldedState(file, Logs, IdempotencyOptions.Default);
        var stamp = new DecisionStamp(file.Hash, null, file.Hash, file.Schema.Names, BudgetMs: 100);
        _encoder = new BatchEncoder(Logs, new DeadLetterEncoder(Logs), meters: null);
        _decisions = new DecisionEncoder(stamp, [new ModelStamp("none", "sha256:" + new string('0', 64), "none", "champion")], 0, file.Hash, Logs, TimeProvider.System);
        _batch = PaymentBatches.New(file.Layout, BatchRows);
        while (_number < WarmUpRows)
        {
            Run();
        }
    }

    public ScaleMeasure Measure(int payments)
    {
        var (foldNs, encodeNs, bytes, rows) = (0L, 0L, 0L, 0L);
        while (rows < payments)
        {
            var (fold, encode) = Run();
            (foldNs, encodeNs, rows, bytes) = (foldNs + fold, encodeNs + encode, rows + BatchRows, bytes + _batch.Encoded.Buffer.Length);
        }

        return new ScaleMeasure((foldNs + encodeNs) / (double)rows, new Dictionary<string, double>
        {
            ["fold_ns"] = Math.Round(foldNs / (double)rows),
            ["encode_ns"] = Math.Round(encodeNs / (double)rows),
            ["bytes_a_decision"] = Math.Round(bytes / (double)rows),
        });
    }

    public void Dispose()
    {
    }

    private (long FoldNs, long EncodeNs) Run()
    {
        for (var row = 0; row < BatchRows; row++, _number++)
        {
            _batch.Offset[row] = _number;
            _batch.LogTimestampMs[row] = _batch.EventTimeMs[row] = 1_700_000_000_000 + (_number * SpacingMs);
            _batch.AmountMinor[row] = _random.Next(1, 100_000);
            _batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(_number));
            foreach (var entity in Entities)
            {
                _batch.Text(entity).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(((long)entity << 32) + _random.Next(Keys)));
            }
        }

        var startedNs = ThreadClock.NowNs();
        _state.Enrich(_batch);
        var foldedNs = ThreadClock.NowNs();
        _encoder.Encode(_batch, _decisions);
        return (foldedNs - startedNs, ThreadClock.NowNs() - foldedNs);
    }

    private static string Features(int features)
    {
        var ofEntity = features / Entities.Length;
        var windows = (ofEntity + Aggregates.Length - 1) / Aggregates.Length;
        var yaml = new StringBuilder("version: 1\nlateness: 0s\nfeatures:\n");
        foreach (var entity in Entities.Select(TextFields.NameOf))
        {
            for (var i = 0; i < ofEntity; i++)
            {
                // The longest is an hour, however many there are, so that the state is the same.
                var seconds = WindowSeconds * (windows - (i / Aggregates.Length)) / windows;
                yaml.AppendLine($"  - {{name: {entity}_{i}, entity: {entity}, {Aggregates[i % Aggregates.Length]}, window: {seconds}s}}");
            }
        }

        return yaml.ToString();
    }
}
