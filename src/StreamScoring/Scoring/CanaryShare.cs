using System.Globalization;
using System.IO.Hashing;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Scoring;

/// <summary>
/// The share of an entity's keys that the canary decides for: those whose hash is low enough. So a
/// key is in it everywhere and at any time, and a greater share only adds keys. Each name has other
/// keys first: no customer is the first one of every canary.
/// </summary>
public sealed class CanaryShare
{
    private readonly long _seed;
    private readonly ulong _below;

    /// <param name="name">Of the canary's model; not its version, so that the next version has the
    /// same keys.</param>
    /// <param name="percent">0 to 100, of the keys.</param>
    /// <param name="by">The id whose keys are shared out. A payment without it is the
    /// champion's.</param>
    public CanaryShare(string name, double percent, TextField by)
    {
        Invariant.Require(percent is >= 0 and <= 100);
        (Percent, By) = (percent, by);
        _seed = (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name));
        const double Hashes = 18446744073709551616.0; // 2^64
        _below = percent == 100 ? ulong.MaxValue : (ulong)(percent / 100 * Hashes);
    }

    public double Percent { get; }

    public TextField By { get; }

    /// <summary>As people read it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Percent:0.##########} % by {TextFields.NameOf(By)}");

    /// <param name="key">An id in UTF-8; empty for none.</param>
    public bool Has(ReadOnlySpan<byte> key) => !key.IsEmpty && XxHash3.HashToUInt64(key, _seed) < _below;

    internal bool Has(PaymentBatch batch, int rowIndex) => Has(batch.Text(By).Value(batch.Bytes, rowIndex));
}
