namespace StreamScoring.Quality;

/// <summary>
/// Decisions of one process joined with labels as they come. Where all has room it is a function of
/// the two alone, in whatever order they came; beyond that of a share of the payments, which
/// follows from their keys. Pure; by one thread at a time.
/// </summary>
internal sealed class QualityJoin
{
    private const long DayMs = 86_400_000;

    /// <summary>Of the marked payments as many stay as of sixteen times as many others.</summary>
    private const int MarkedWeight = 16;

    /// <summary>More outcomes than a busy day has; then those of no held day are let go.</summary>
    private const int OutcomesKept = 2048;

    private readonly SortedDictionary<int, HeldDay> _days = [];
    private readonly WaitingLabels _waiting;
    private readonly long[] _labels = new long[Enum.GetValues<LabelOutcome>().Length];

    public QualityJoin(QualityOptions options) => (Options, _waiting) = (options, new WaitingLabels(options.WaitingMax));

    public QualityOptions Options { get; }

    public OutcomeTable Outcomes { get; } = new();

    public LabelDelays Delays { get; } = new();

    /// <summary>By day since the Unix epoch, UTC.</summary>
    public IReadOnlyDictionary<int, HeldDay> Days => _days;

    /// <summary>How far event time has come, ms since the Unix epoch;
    /// <see cref="long.MinValue"/> for none.</summary>
    public long WatermarkMs { get; private set; } = long.MinValue;

    /// <summary>Payments that are held.</summary>
    public int Held { get; private set; }

    /// <summary>Decisions of days that are not held.</summary>
    public long PaymentsOfOtherDays { get; private set; }

    /// <summary>Labels that wait for a decision.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Of the labels whose payment was not held when they came, those that found it
    /// decided later.</summary>
    public long LabelsJoinedLater { get; private set; }

    /// <summary>Labels by what became of them at first.</summary>
    public long LabelsThat(LabelOutcome outcome) => _labels[(int)outcome];

    public static int DayOf(long ms) => (int)Math.Floor((double)ms / DayMs);

    public static long EndMsOf(int day) => (day + 1L) * DayMs;

    /// <summary>A payment was decided. Where it was before, that decision is replaced.</summary>
    /// <param name="key">Of its id and event time (<see cref="PaymentKey"/>).</param>
    /// <param name="probability">That the model gave; NaN for none.</param>
    public void Decide(ulong key, long eventTimeMs, PaymentOutcome outcome, double probability)
    {
        var number = DayOf(eventTimeMs);
        if (!IsHeld(number))
        {
            PaymentsOfOtherDays++;
            return;
        }

        var day = DayAt(number);
        MakeRoom();
        var (before, label) = (day.Count, _waiting.Take(key));
        if (day.Decide(key, Outcomes.NumberOf(outcome), HeldDay.PackedOf(probability), label) && label != 0)
        {
            LabelsJoinedLater++;
        }

        Held += day.Count - before;
    }

    /// <summary>A label came.</summary>
    /// <param name="eventTimeMs">Of its payment.</param>
    public LabelOutcome Label(ulong key, long eventTimeMs, long knownAtMs, bool isFraud)
    {
        var (number, label) = (DayOf(eventTimeMs), Math.Max(1, (knownAtMs * 2) + (isFraud ? 1 : 0)));
        var outcome = _days.GetValueOrDefault(number)?.Label(key, label) ?? (IsHeld(number) ? LabelOutcome.NotHeld : LabelOutcome.OtherDay);
        if (outcome is LabelOutcome.Joined or LabelOutcome.NotHeld or LabelOutcome.OtherDay)
        {
            // The first one that is known here of its payment.
            Delays.Add(knownAtMs - eventTimeMs, isFraud);
        }

        if (outcome == LabelOutcome.NotHeld)
        {
            _waiting.Add(key, label);
        }

        _labels[(int)outcome]++;
        return outcome;
    }

    /// <summary>Event time has come so far: days that are too long ago leave.</summary>
    public void Advance(long watermarkMs)
    {
        if (watermarkMs <= WatermarkMs)
        {
            return;
        }

        if (WatermarkMs != long.MinValue)
        {
            Delays.Turn(DayOf(watermarkMs) - DayOf(WatermarkMs));
        }

        WatermarkMs = watermarkMs;
        Drop(day => !IsHeld(day));
    }

    /// <summary>
    /// When a day's labels are there: that long after its end. Null where delays are not known.
    /// </summary>
    public TimeSpan? CompleteAfter => new[] { Delays.Quantile(isFraud: false, Options.CompleteShare), Delays.Quantile(isFraud: true, Options.CompleteShare) }.Max();

    public bool IsComplete(int day) => CompleteAfter is { } after && WatermarkMs != long.MinValue && WatermarkMs - EndMsOf(day) >= after.TotalMilliseconds;

    /// <summary>
    /// The share of a day's labels that is there by now, as delays of labels are: of its last
    /// payment, and of frauds or genuine payments, whatever is the less.
    /// </summary>
    public double? ShareKnown(int day)
    {
        var time = TimeSpan.FromMilliseconds(Math.Max(0, WatermarkMs == long.MinValue ? 0 : WatermarkMs - EndMsOf(day)));
        return new[] { Delays.ShareWithin(isFraud: false, time), Delays.ShareWithin(isFraud: true, time) }.Min();
    }

    /// <summary>Decisions may be missing of all days from one to another.</summary>
    public void NoteGap(int first, int last)
    {
        for (var number = Math.Max(first, last - Options.DaysMax); number <= last; number++)
        {
            if (IsHeld(number))
            {
                DayAt(number).HasGap = true;
            }
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(WatermarkMs);
        writer.Write(PaymentsOfOtherDays);
        writer.Write(LabelsJoinedLater);
        foreach (var count in _labels)
        {
            writer.Write(count);
        }

        ushort[] numbers = [.. _days.Values.SelectMany(day => day.Tallies.Keys).Distinct().Order()];
        writer.Write(numbers.Length);
        foreach (var number in numbers)
        {
            writer.Write(number);
            writer.Write(Outcomes[number].ToText());
        }

        writer.Write(_days.Count);
        foreach (var (number, day) in _days)
        {
            writer.Write(number);
            day.Write(writer);
        }

        _waiting.Write(writer);
        Delays.Write(writer);
    }

    /// <summary>Goes on with what was written; before anything else.</summary>
    public void Read(BinaryReader reader)
    {
        (WatermarkMs, PaymentsOfOtherDays, LabelsJoinedLater) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        for (var i = 0; i < _labels.Length; i++)
        {
            _labels[i] = reader.ReadInt64();
        }

        var numbers = new Dictionary<ushort, ushort>();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            numbers[reader.ReadUInt16()] = Outcomes.NumberOf(PaymentOutcome.Read(reader.ReadString()));
        }

        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var number = reader.ReadInt32();
            var day = HeldDay.Read(reader, Outcomes, numbers);
            _days[number] = day;
            Held += day.Count;
        }

        _waiting.Read(reader);
        Delays.Read(reader);
        // Both may be less than they were.
        Drop(day => !IsHeld(day));
        MakeRoom();
    }

    /// <summary>A day ahead is one of a clock that is ahead, and not of a wrong time.</summary>
    private bool IsHeld(int day) => WatermarkMs == long.MinValue || (DayOf(WatermarkMs) - day is var age && age >= -1 && age < Options.DaysMax);

    private HeldDay DayAt(int number)
    {
        if (!_days.TryGetValue(number, out var day))
        {
            if (_days.Count == Options.DaysMax + 2)
            {
                // Before a watermark is known.
                var oldest = _days.Keys.First();
                Drop(held => held == oldest);
            }

            _days[number] = day = new HeldDay(Outcomes);
        }

        return day;
    }

    private void Drop(Predicate<int> isOver)
    {
        foreach (var number in _days.Keys.Where(number => isOver(number)).ToList())
        {
            Held -= _days[number].Count;
            _days.Remove(number);
            if (Outcomes.Count > OutcomesKept)
            {
                Outcomes.Retain(_days.Values.SelectMany(day => day.Tallies.Keys).ToHashSet());
            }
        }
    }

    /// <summary>Room for one payment more: where there is none, what takes the most is thinned
    /// out.</summary>
    private void MakeRoom()
    {
        while (Held >= Options.PaymentsMax)
        {
            var (day, isMarked) = _days.Values.SelectMany(day => new[] { (Day: day, IsMarked: false), (Day: day, IsMarked: true) })
                .MaxBy(part => (long)part.Day.CountOf(part.IsMarked) * (part.IsMarked ? 1 : MarkedWeight));
            var before = day.Count;
            day.Thin(isMarked);
            Held += day.Count - before;
        }
    }
}
