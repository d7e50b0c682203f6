namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Works out which payments of a log repeat an earlier one. Of a log of which nothing is gone its
/// records say so exactly. Else a payment whose earlier records are all there, and could not be
/// forgotten, is one; a payment without any within the window is none; others may be either.
/// </summary>
/// <param name="strayed">Records that somebody took for records of the former topic: they may then
/// repeat themselves.</param>
public sealed class RepeatRule(PaymentLog log, long windowMs, IReadOnlySet<Position> strayed)
{
    private readonly LogTime _time = new(log.TimestampsMs, windowMs);

    /// <summary>Of a whole log: the record that counts now. Of another: all.</summary>
    private readonly Dictionary<(string, string, string?, long), List<PaymentLog.Entry>> _earlier = [];

    /// <summary>To be asked of every payment of the log, in order.</summary>
    public Repeat Next(PaymentLog.Entry entry)
    {
        if (!_earlier.TryGetValue(entry.Payment.Identity, out var earlier))
        {
            _earlier[entry.Payment.Identity] = earlier = [];
        }

        return log.IsWhole ? OfWhole(entry, earlier) : OfOther(entry, earlier);
    }

    private Repeat OfWhole(PaymentLog.Entry entry, List<PaymentLog.Entry> earlier)
    {
        if (earlier.Count > 0 && IsWithin(earlier[0], entry) && _time.IsKnown(earlier[0].Number, entry.Number))
        {
            return new Repeat(true, earlier, MayBeDecidedAnew: false);
        }

        earlier.Clear();
        earlier.Add(entry);
        return new Repeat(false, [], MayBeDecidedAnew: false);
    }

    private Repeat OfOther(PaymentLog.Entry entry, List<PaymentLog.Entry> earlier)
    {
        var firsts = earlier.Where(first => IsWithin(first, entry)).ToList();
        // Whichever of them came first for a process, it is within the window of this one.
        var isCertain = !_time.MayForget && firsts.Count == earlier.Count && firsts.Exists(first => PaymentLog.IsCertain(first, entry));
        bool? isOne = isCertain ? true : firsts.Count == 0 && !strayed.Contains(entry.Position) ? false : null;
        var mayBeDecidedAnew = !firsts.TrueForAll(first => PaymentLog.IsCertain(first, entry)) || strayed.Contains(entry.Position);
        earlier.Add(entry);
        return new Repeat(isOne, firsts, mayBeDecidedAnew);
    }

    private bool IsWithin(PaymentLog.Entry first, PaymentLog.Entry second) => Math.Abs(second.Record.TimestampMs - first.Record.TimestampMs) <= windowMs;
}
