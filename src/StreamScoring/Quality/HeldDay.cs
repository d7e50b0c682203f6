namespace StreamScoring.Quality;

/// <summary>
/// The payments of one day of event time: by key, what was decided and what is known of it. Where
/// there is no room for all it holds those whose key hashes into a share of one in 2ⁿ, and each
/// counts 2ⁿ. Marked payments have a share of their own (<see cref="PaymentOutcome.IsMarked"/>).
/// </summary>
/// <remarks>
/// Three arrays with linear probing. A key's high bits are its place, its low bits decide whether
/// it is in the share.
/// </remarks>
internal sealed class HeldDay
{
    private const double Growth = 1.4, LoadMax = 0.8;
    private const int SlotsMin = 64;

    private readonly OutcomeTable _outcomes;
    private readonly Dictionary<ushort, OutcomeTally> _tallies = [];
    private readonly int[] _shifts = new int[2];
    private readonly int[] _counts = new int[2];

    /// <summary>0 for none.</summary>
    private ulong[] _keys = new ulong[SlotsMin];

    /// <summary>Known-at time in ms * 2 + fraud; 0 for none. So of two labels the greater
    /// holds.</summary>
    private long[] _labels = new long[SlotsMin];

    /// <summary>Number of the outcome * 65,536 + probability.</summary>
    private uint[] _decided = new uint[SlotsMin];

    public HeldDay(OutcomeTable outcomes) => _outcomes = outcomes;

    /// <summary>Held payments.</summary>
    public int Count => _counts[0] + _counts[1];

    /// <summary>By number of the outcome.</summary>
    public IReadOnlyDictionary<ushort, OutcomeTally> Tallies => _tallies;

    /// <summary>
    /// Whether decisions of the day may be missing, as a process ended without having written what
    /// it held.
    /// </summary>
    public bool HasGap { get; set; }

    public static double ProbabilityOf(long sum) => (double)sum / ushort.MaxValue;

    public static ushort PackedOf(double probability) => double.IsNaN(probability) ? (ushort)0 : (ushort)Math.Round(Math.Clamp(probability, 0, 1) * ushort.MaxValue);

    /// <summary>Held payments that are marked, or that are not.</summary>
    public int CountOf(bool isMarked) => _counts[isMarked ? 1 : 0];

    /// <summary>How many payments one that is held stands for.</summary>
    public long WeightOf(bool isMarked) => 1L << _shifts[isMarked ? 1 : 0];

    /// <summary>Notes a decision; one on the same payment is replaced.</summary>
    /// <param name="label">As it is held; 0 for none. A later known one that is held stays.</param>
    /// <returns>Whether the payment is held.</returns>
    public bool Decide(ulong key, ushort outcome, ushort probability, long label)
    {
        var slot = Find(key);
        if (_keys[slot] != 0)
        {
            label = Math.Max(label, _labels[slot]);
            Tally(slot, -1);
            if (!IsSampled(key, outcome))
            {
                // It would be in the other share now.
                _keys[slot] = 0;
                Rebuild(_keys.Length);
                return false;
            }
        }
        else if (!IsSampled(key, outcome))
        {
            return false;
        }
        else if (Count + 1 > _keys.Length * LoadMax)
        {
            Rebuild((int)(_keys.Length * Growth));
            slot = Find(key);
        }

        (_keys[slot], _labels[slot], _decided[slot]) = (key, label, ((uint)outcome << 16) | probability);
        Tally(slot, 1);
        return true;
    }

    /// <returns>What is known by the label; null where the payment is not held.</returns>
    public LabelOutcome? Label(ulong key, long label)
    {
        var slot = Find(key);
        if (_keys[slot] == 0)
        {
            return null;
        }

        var before = _labels[slot];
        if (label <= before)
        {
            return label == before ? LabelOutcome.Repeated : LabelOutcome.Superseded;
        }

        Tally(slot, -1);
        _labels[slot] = label;
        Tally(slot, 1);
        return before == 0 ? LabelOutcome.Joined : (label & 1) == (before & 1) ? LabelOutcome.Repeated : LabelOutcome.Corrected;
    }

    /// <summary>Halves the share of the marked payments, or of the others.</summary>
    public void Thin(bool isMarked)
    {
        _shifts[isMarked ? 1 : 0]++;
        for (var slot = 0; slot < _keys.Length; slot++)
        {
            if (_keys[slot] != 0 && !IsSampled(_keys[slot], OutcomeAt(slot)))
            {
                Tally(slot, -1);
                _keys[slot] = 0;
            }
        }

        Rebuild(Math.Max(SlotsMin, (int)(Count / LoadMax * Growth)));
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(HasGap);
        writer.Write((byte)_shifts[0]);
        writer.Write((byte)_shifts[1]);
        writer.Write(Count);
        for (var slot = 0; slot < _keys.Length; slot++)
        {
            if (_keys[slot] != 0)
            {
                writer.Write(_keys[slot]);
                writer.Write(_labels[slot]);
                writer.Write(_decided[slot]);
            }
        }
    }

    /// <param name="numbers">Of an outcome as it was written, that of now.</param>
    public static HeldDay Read(BinaryReader reader, OutcomeTable outcomes, IReadOnlyDictionary<ushort, ushort> numbers)
    {
        var day = new HeldDay(outcomes) { HasGap = reader.ReadBoolean() };
        (day._shifts[0], day._shifts[1]) = (reader.ReadByte(), reader.ReadByte());
        var count = reader.ReadInt32();
        day.Rebuild(Math.Max(SlotsMin, (int)(count / LoadMax) + 1));
        for (var i = 0; i < count; i++)
        {
            var (key, label, decided) = (reader.ReadUInt64(), reader.ReadInt64(), reader.ReadUInt32());
            day.Decide(key, numbers[(ushort)(decided >> 16)], (ushort)decided, label);
        }

        return day;
    }

    private ushort OutcomeAt(int slot) => (ushort)(_decided[slot] >> 16);

    private bool IsSampled(ulong key, ushort outcome) => (key & ((1UL << _shifts[_outcomes.IsMarked(outcome) ? 1 : 0]) - 1)) == 0;

    private void Tally(int slot, int count)
    {
        var outcome = OutcomeAt(slot);
        _counts[_outcomes.IsMarked(outcome) ? 1 : 0] += count;
        if (!_tallies.TryGetValue(outcome, out var tally))
        {
            _tallies[outcome] = tally = new OutcomeTally();
        }

        tally.Add(_labels[slot], (ushort)_decided[slot], count);
        if (tally.Payments == 0)
        {
            _tallies.Remove(outcome);
        }
    }

    /// <returns>The key's slot, or the free one where it would be.</returns>
    private int Find(ulong key)
    {
        var slot = (int)Math.BigMul(key, (ulong)_keys.Length, out _);
        while (_keys[slot] != 0 && _keys[slot] != key)
        {
            slot = slot + 1 == _keys.Length ? 0 : slot + 1;
        }

        return slot;
    }

    private void Rebuild(int slots)
    {
        var (keys, labels, decided) = (_keys, _labels, _decided);
        (_keys, _labels, _decided) = (new ulong[slots], new long[slots], new uint[slots]);
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                var slot = Find(keys[i]);
                (_keys[slot], _labels[slot], _decided[slot]) = (keys[i], labels[i], decided[i]);
            }
        }
    }
}
