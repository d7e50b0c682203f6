using System.Buffers.Binary;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Benchmarks.Scale;

/// <summary>
/// A state of so many keys of one entity, each with so many events in its one window: every key's
/// turn comes after all others', so that both numbers stay what they are while payments go on, and
/// no cache helps once the state is larger than it. Folded and read; time is the thread's CPU time.
/// </summary>
internal sealed class KeyPoint : IScalePoint
{
    private const int BatchRows = 256, WindowMs = 3_600_000;

    /// <summary>
    /// A prime, so that it goes through all keys before one comes again, and the next one is far
    /// from the last.
    /// </summary>
    private const long Step = 7_368_787;

    /// <summary>Above what ten million keys take; a process has 4 GiB by default.</summary>
    private const long StateBytesMax = 16L << 30;

    private const string Features = "version: 1\nlateness: 0s\nfeatures:\n  - {name: mean, entity: card_id, aggregate: mean, of: amount, window: 1h}\n";

    private readonly FeatureEngine _engine;
    private readonly PaymentBatch _batch;
    private readonly int _keys;
    private readonly long _eventsHeld;
    private long _number;

    public KeyPoint(int keys, int eventsPerKey)
    {
        var file = FeatureFiles.Parse("scale", Features);
        (_engine, _batch) = (new FeatureEngine(file, StateBytesMax), PaymentBatches.New(file.Layout, BatchRows));
        (_keys, _eventsHeld) = (keys, (long)keys * eventsPerKey);
        // One window until all keys have their events, and half of one more until what grew by
        // doubling has its size.
        PaymentBatches.SetDecide(_batch, false);
        while (_number < _eventsHeld * 3 / 2)
        {
            Fill();
            _engine.Enrich(_batch);
        }

        PaymentBatches.SetDecide(_batch, true);
    }

    public ScaleMeasure Measure(int payments)
    {
        var tookNs = 0L;
        for (var done = 0; done < payments; done += BatchRows)
        {
            Fill();
            var startedNs = ThreadClock.NowNs();
            _engine.Enrich(_batch);
            tookNs += ThreadClock.NowNs() - startedNs;
        }

        // A benchmark of another state than it says is worth nothing.
        Invariant.Require(_engine.Evicted.All(entity => entity.Early == 0));
        var (keys, bytes) = (_engine.Sizes.Sum(size => size.Keys), _engine.Sizes.Sum(size => size.Bytes));
        Invariant.Require(keys == _keys);
        return new ScaleMeasure(tookNs / (double)(payments / BatchRows * BatchRows), new Dictionary<string, double>
        {
            ["state_mib"] = Math.Round(bytes / (double)(1 << 20), 1),
            ["bytes_a_key"] = Math.Round(bytes / (double)keys, 1),
            ["bytes_an_event"] = Math.Round(bytes / (double)_eventsHeld, 1),
        });
    }

    public void Dispose()
    {
    }

    private void Fill()
    {
        Span<byte> key = stackalloc byte[sizeof(long)];
        for (var row = 0; row < BatchRows; row++, _number++)
        {
            _batch.EventTimeMs[row] = _batch.WatermarkMs[row] = 1_700_000_000_000 + (_number * WindowMs / _eventsHeld);
            _batch.AmountMinor[row] = 100 + (_number % 9000);
            BinaryPrimitives.WriteInt64LittleEndian(key, _number % _keys * Step % _keys);
            _batch.Text(TextField.CardId).Hash[row] = IdentityHash.Development.Of(key);
        }
    }
}
