namespace StreamScoring.Features;

/// <summary>
/// How an entity's events are laid out, in longs: only what its features look at is stored. The
/// handbook's customer, say, takes a time and a running sum: 16 bytes an event.
/// </summary>
internal sealed class EntityLayout
{
    /// <summary>
    /// Bits of the flags: 0 says that the event is a payment, the others which filters it passed.
    /// </summary>
    public const int FiltersMax = 62;

    public const int TimeColumn = 0, None = -1;

    /// <summary>
    /// Behind so many half-lives an event is no longer looked at: its segment lies too far back
    /// (<see cref="DecayWeight"/>).
    /// </summary>
    private const int HalfLivesKept = DecayWeight.Segments * DecayWeight.SegmentHalfLives;

    /// <summary>
    /// Tiles within the longest window; those behind, which only late payments look at, are no
    /// more.
    /// </summary>
    private const int TilesOfWindow = 256;

    private readonly List<Series> _series = [];
    private readonly List<ValueSource> _values = [];
    private readonly List<int> _rawColumns = [];
    private readonly List<DistinctColumns> _distincts = [];
    private readonly List<long> _offsets = [];
    private readonly List<KeptCount> _kept = [];
    private readonly HashSet<(ValueSource Value, int Filter)> _ever = [];

    public EntityLayout(EntityDefinition entity, IReadOnlyList<FeatureDefinition> features, long latenessMs, int exactEvents)
    {
        Entity = entity;
        Stride = 1;
        LatenessMs = latenessMs;
        HasLabels = features.Any(feature => feature.Aggregate == Aggregate.Risk || feature.IsByLabel);
        LabelFilters = new LabelFilters(entity.Filters);
        LoggedFlags = ~LabelFilters.Bits;
        for (var filter = 0; filter < entity.Filters.Count; filter++)
        {
            LoggedFlags &= entity.Filters[filter].IsDerived ? ~(1L << filter) : -1;
        }

        if (HasLabels)
        {
            (PaymentColumn, LabelColumn) = (Stride++, Stride++);
        }

        if (HasLabels || entity.Filters.Count > 1)
        {
            FlagsColumn = Stride++;
        }

        foreach (var feature in features.Where(feature => feature.Window.IsEver && IsNumeric(feature)))
        {
            _ever.Add((feature.Of, feature.Filter));
        }

        Plans = [.. features.Select((feature, index) => Plan(feature, index))];
        var retention = features.Max(RetentionOf);
        RetentionMs = retention == long.MaxValue ? long.MaxValue : retention + latenessMs;
        ReachMs = features.Select(RetentionOf).Where(reach => reach != long.MaxValue)
            .Concat(_offsets).Append(0).Max();
        TileWidthMs = Math.Max(1, (ReachMs + TilesOfWindow - 1) / TilesOfWindow);
        // A whole number of the others, so that one always goes into one.
        TileWidthBehindMs = TileWidthMs * Math.Max(1, (latenessMs + (TilesOfWindow * TileWidthMs) - 1) / (TilesOfWindow * TileWidthMs));
        // The last n stay exact: half of the events stay when the others are compacted.
        ExactEvents = Math.Max(exactEvents, 2 * features.Max(feature => feature.Window.LastCount + 1));
        Invariant.Require(ExactEvents <= TotalWidth.RowsMax);
        HasEverTotals = features.Any(feature => feature.Window is { IsEver: true } && feature.Aggregate is not (
            Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast or Aggregate.DecayedCount or Aggregate.DecayedSum));
    }

    public EntityDefinition Entity { get; }

    /// <summary>Longs of one event.</summary>
    public int Stride { get; private set; }

    public bool HasLabels { get; }

    /// <summary>
    /// 64 bits of the payment's id hash, and the label that is known (known-at time * 2 + fraud; 0
    /// for none).
    /// </summary>
    public int PaymentColumn { get; } = None;

    public int LabelColumn { get; } = None;

    public int FlagsColumn { get; } = None;

    /// <summary>
    /// Bits of the flags that follow from the payment's record alone. The others follow from what
    /// was folded before it too: they are no part of the digest, nor of what a payment is found by.
    /// </summary>
    public long LoggedFlags { get; }

    public LabelFilters LabelFilters { get; }

    /// <summary>Numeric values that the features look at.</summary>
    public IReadOnlyList<ValueSource> Values => _values;

    /// <summary>
    /// By value: the column of the value itself, or <see cref="None"/> where only totals are
    /// needed.
    /// </summary>
    public IReadOnlyList<int> RawColumns => _rawColumns;

    public IReadOnlyList<Series> Series => _series;

    public IReadOnlyList<DistinctColumns> Distincts => _distincts;

    /// <summary>Distances from t, ms, at which some window begins or ends.</summary>
    public IReadOnlyList<long> Offsets => _offsets;

    public IReadOnlyList<KeptCount> Kept => _kept;

    public IReadOnlyList<FeaturePlan> Plans { get; }

    /// <summary>
    /// An event may be dropped once it lies this far behind the watermark, or further.
    /// </summary>
    public long RetentionMs { get; }

    public long LatenessMs { get; }

    /// <summary>How far back from a payment its windows of time reach.</summary>
    public long ReachMs { get; }

    /// <summary>
    /// A tile holds events of one multiple of this; where they lie behind the longest window, of
    /// one of <see cref="TileWidthBehindMs"/>.
    /// </summary>
    public long TileWidthMs { get; }

    public long TileWidthBehindMs { get; }

    /// <summary>A key with so many events in sight has half of them put into tiles.</summary>
    public int ExactEvents { get; }

    /// <summary>
    /// Whether a feature looks at totals of all time, so that these are part of what a key's state
    /// is.
    /// </summary>
    public bool HasEverTotals { get; }

    /// <summary>Whether no feature looks at events however old they are.</summary>
    public bool IsForgettable => !HasEverTotals && _kept.Count == 0 && RetentionMs != long.MaxValue;

    /// <summary>Whether a series adds up what records say, of payments that pass by what they
    /// say.</summary>
    public bool IsLogged(in Series series) => (LoggedFlags & (1L << series.Filter)) != 0 && (series.Value < 0 || !_values[series.Value].IsDerived);

    /// <returns>What lies at or before it, no feature of a payment that is not too late can see;
    /// <see cref="long.MinValue"/> for no such time.</returns>
    public long HorizonMs(long watermarkMs) =>
        // Rounded down to where a tile ends, so that none is seen in part: which of its events are
        // still there would be a matter of chance.
        RetentionMs == long.MaxValue || watermarkMs < long.MinValue + RetentionMs + TileWidthBehindMs ? long.MinValue
        : (IndexOf(watermarkMs - RetentionMs, TileWidthBehindMs) * TileWidthBehindMs) - 1;

    /// <summary>Which tile of a width a time belongs to.</summary>
    public static long IndexOf(long timeMs, long widthMs) => timeMs >= 0 ? timeMs / widthMs : ((timeMs + 1) / widthMs) - 1;

    /// <summary>
    /// Whether a key whose newest payment is that old may go without a trace: none of its events
    /// can be seen any more.
    /// </summary>
    public bool IsIdle(long newestMs, long watermarkMs) => IsForgettable && newestMs <= HorizonMs(watermarkMs);

    /// <summary>Whether a payment's windows may reach back to events of that time.</summary>
    public bool MaySee(long eventMs, long timeMs) => !IsForgettable || timeMs - (RetentionMs - LatenessMs) < eventMs;

    /// <summary>Whether a payment's windows may reach back behind what is kept for sure.</summary>
    public bool IsTooLate(long timeMs, long watermarkMs) => RetentionMs != long.MaxValue && watermarkMs > long.MinValue && watermarkMs - timeMs > LatenessMs;

    private FeaturePlan Plan(FeatureDefinition feature, int index)
    {
        var window = feature.Window;
        var end = OffsetIndex(window.DelayMs);
        var begin = window.LastCount > 0 || window.IsEver ? None : OffsetIndex(window.DelayMs + window.SizeMs);
        var value = IsNumeric(feature) ? ValueIndex(feature.Of) : None;
        if (value != None && feature.IsByLabel)
        {
            // By which totals change with the payment's label.
            RawColumn(value);
        }

        var (first, second, third) = (None, None, None);
        switch (feature.Aggregate)
        {
            case Aggregate.Count or Aggregate.FraudRun or Aggregate.SecondsSinceFraudRun:
                first = CountColumn(feature.Filter);
                break;
            case Aggregate.Risk:
                (first, second) = (CountColumn(feature.Filter), SeriesColumn(SeriesKind.Frauds, None, feature.Filter));
                break;
            case Aggregate.Sum or Aggregate.Mean:
                (first, second) = (ValueCountColumn(feature), SeriesColumn(SeriesKind.Sum, value, feature.Filter));
                break;
            case Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore:
                first = ValueCountColumn(feature);
                second = SeriesColumn(SeriesKind.Sum, value, feature.Filter);
                third = SeriesColumn(SeriesKind.Squares, value, feature.Filter);
                break;
            case Aggregate.Min or Aggregate.Max when window.IsEver:
                first = SeriesColumn(feature.Aggregate == Aggregate.Min ? SeriesKind.SmallestEver : SeriesKind.LargestEver, value, feature.Filter);
                // Kept beside the total, so that a payment can be taken out again.
                RawColumn(value);
                break;
            case Aggregate.Distinct:
                first = DistinctColumn(feature);
                break;
            default:
                first = value == None ? None : RawColumn(value);
                break;
        }

        if (window.LastCount > 0)
        {
            _kept.Add(new KeptCount(feature.Filter, window.LastCount + 1, window.DelayMs, window.LastCount > 1 ? CountColumn(feature.Filter) : None));
        }
        else if (feature.Aggregate is Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast)
        {
            _kept.Add(new KeptCount(feature.Filter, 2, window.DelayMs, None));
        }

        return new FeaturePlan(
            feature, index, begin, end, value, first, second, third, window.LastCount > 0 ? CountColumn(feature.Filter) : None, SeriesAt(second), SeriesAt(third));
    }

    private static bool IsNumeric(FeatureDefinition feature) => feature.Aggregate is
        Aggregate.Sum or Aggregate.Mean or Aggregate.Min or Aggregate.Max or Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore
        or Aggregate.Last or Aggregate.Previous or Aggregate.DecayedSum;

    /// <summary>
    /// How far back from a payment the feature looks, ms; <see cref="long.MaxValue"/> for ever.
    /// </summary>
    public static long ReachOf(FeatureDefinition feature) =>
        feature.Window.SizeMs == Window.Ever && feature.Aggregate is not (Aggregate.DecayedCount or Aggregate.DecayedSum) ? long.MaxValue : RetentionOf(feature);

    private static long RetentionOf(FeatureDefinition feature) => feature switch
    {
        // Whatever must be found again one by one is kept for good; totals of all time are carried
        // by the running columns.
        { Window: { IsEver: true }, Aggregate: Aggregate.Distinct or Aggregate.Risk } => long.MaxValue,
        { Window: { IsEver: true } or { LastCount: > 0 }, IsByLabel: true } => long.MaxValue,
        { Window: { IsEver: true }, Aggregate: Aggregate.DecayedCount or Aggregate.DecayedSum } => feature.Window.DelayMs + (HalfLivesKept * feature.HalfLifeMs),
        { Window: { IsEver: true } or { LastCount: > 0 } } => feature.Window.DelayMs,
        _ => feature.Window.DelayMs + feature.Window.SizeMs,
    };

    /// <returns>The column, or <see cref="None"/> where every event counts, so that positions
    /// do.</returns>
    private int CountColumn(int filter) => filter == 0 && !HasLabels ? None : SeriesColumn(SeriesKind.Count, None, filter);

    private int ValueCountColumn(FeatureDefinition feature) =>
        feature.Of.IsAmount ? CountColumn(feature.Filter) : SeriesColumn(SeriesKind.ValueCount, ValueIndex(feature.Of), feature.Filter);

    private int SeriesColumn(SeriesKind kind, int value, int filter)
    {
        foreach (var known in _series)
        {
            if (known.Kind == kind && known.Value == value && known.Filter == filter)
            {
                return known.Column;
            }
        }

        var words = value == None ? 1 : TotalWidth.Words(kind, _values[value], _ever.Contains((_values[value], filter)));
        _series.Add(new Series(kind, value, filter, Stride, words));
        Stride += words;
        return _series[^1].Column;
    }

    private int SeriesAt(int column) => column == None ? None : _series.FindIndex(series => series.Column == column);

    private int DistinctColumn(FeatureDefinition feature)
    {
        var known = _distincts.FindIndex(columns => columns.Source == feature.Of && columns.Filter == feature.Filter);
        if (known >= 0)
        {
            return known;
        }

        var hash = _distincts.Where(columns => columns.Source == feature.Of).Select(columns => columns.HashColumn).FirstOrDefault(None);
        _distincts.Add(new DistinctColumns(feature.Of, feature.Filter, hash == None ? Stride++ : hash, Stride++));
        return _distincts.Count - 1;
    }

    private int ValueIndex(ValueSource source)
    {
        var index = _values.IndexOf(source);
        if (index < 0)
        {
            index = _values.Count;
            _values.Add(source);
            _rawColumns.Add(None);
            if (source.IsDerived)
            {
                // Stored with the payment: from its record alone it cannot be had again.
                RawColumn(index);
            }
        }

        return index;
    }

    private int RawColumn(int value)
    {
        if (_rawColumns[value] == None)
        {
            _rawColumns[value] = Stride++;
        }

        return _rawColumns[value];
    }

    private int OffsetIndex(long offsetMs)
    {
        if (offsetMs == 0)
        {
            return None;
        }

        var index = _offsets.IndexOf(offsetMs);
        if (index < 0)
        {
            index = _offsets.Count;
            _offsets.Add(offsetMs);
        }

        return index;
    }
}
