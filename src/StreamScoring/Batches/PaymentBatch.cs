using StreamScoring.Contracts;
using StreamScoring.Lists;

namespace StreamScoring.Batches;

/// <summary>
/// The element of the stream: up to <see cref="RowsMax"/> records of one or more logs, as columns.
/// It is rented from a
/// <see cref="PaymentBatchPool"/> by the source, filled stage by stage, and returned by the sink.
/// One owner at a time: a stage that pushed a batch no longer touches it.
/// </summary>
public sealed class PaymentBatch
{
    /// <summary>
    /// The most rows that a batch of the live path may have: buffers that outlive batches are made
    /// for it.
    /// </summary>
    public const int RowsCeiling = 1024;

    private readonly TextColumn[] _text;
    private AttributeColumn[] _attributes;

    public PaymentBatch(BatchLayout layout, int rowsMax, int bytesInitial)
    {
        ArgumentNullException.ThrowIfNull(layout);
        RowsMax = rowsMax;
        Bytes = GC.AllocateUninitializedArray<byte>(bytesInitial);
        LogIndex = new int[rowsMax];
        Offset = new long[rowsMax];
        LogTimestampMs = new long[rowsMax];
        ValueStart = new int[rowsMax];
        ValueLength = new int[rowsMax];
        ValueLengthWhole = new int[rowsMax];
        Decide = new bool[rowsMax];
        Kind = new RowKind[rowsMax];
        Rejection = new Rejection[rowsMax];
        EventTimeMs = new long[rowsMax];
        AmountMinor = new long[rowsMax];
        AmountBase = new double[rowsMax];
        CurrencyIndex = new short[rowsMax];
        KnownAtMs = new long[rowsMax];
        RefusedTimeMs = new long[rowsMax];
        Fraud = new bool[rowsMax];
        _text = new TextColumn[TextFields.Count];
        for (var i = 0; i < _text.Length; i++)
        {
            _text[i] = new TextColumn(rowsMax);
        }

        _attributes = new AttributeColumn[layout.AttributeNames.Count];
        for (var i = 0; i < _attributes.Length; i++)
        {
            _attributes[i] = new AttributeColumn(rowsMax);
        }

        FoldOrder = [.. Enumerable.Range(0, rowsMax)];
        WatermarkMs = new long[rowsMax];
        IsApproximate = new bool[rowsMax];
        IsFolded = new bool[rowsMax];
        IsDuplicate = new bool[rowsMax];
        IsConflicting = new bool[rowsMax];
        ConflictLog = new int[rowsMax];
        ConflictOffset = new long[rowsMax];
        FirstSequence = new long[rowsMax];
        FirstLog = new int[rowsMax];
        FirstOffset = new long[rowsMax];
        Features = new FeatureMatrix(layout.FeatureCount, rowsMax);
        Bounds = new FeatureMatrix(layout.FeatureCount, rowsMax);
        DecideRows = new int[rowsMax];
        RawScore = new double[rowsMax];
        Probability = new double[rowsMax];
        ModelAsked = new byte[rowsMax];
        ModelGiven = new byte[rowsMax];
        Shadows = new FeatureMatrix(0, rowsMax);
        Reasons = new ReasonColumns(0, rowsMax);
        Rules = new RuleColumns(0, rowsMax);
        Score = new byte[rowsMax];
        Level = new RiskLevel[rowsMax];
        Action = new DecisionAction[rowsMax];
        Rung = new Rung[rowsMax];
        DecidedBy = new DecidedBy[rowsMax];
        Flags = new VerdictFlags[rowsMax];
    }

    public int RowsMax { get; }

    public int RowCount { get; private set; }

    /// <summary>
    /// The bytes of the records' values, then texts that had to be unescaped. Text columns are
    /// slices of it.
    /// </summary>
    public byte[] Bytes { get; private set; }

    public int BytesUsed { get; private set; }

    // Filled by the source.

    /// <summary>[rows] Which log, by index into the process's log table.</summary>
    public readonly int[] LogIndex;

    /// <summary>[rows] The record's offset in its log.</summary>
    public readonly long[] Offset;

    /// <summary>
    /// [rows] The log's own timestamp of the record, ms since the Unix epoch: what the merge orders
    /// by.
    /// </summary>
    public readonly long[] LogTimestampMs;

    /// <summary>[rows] The record's value within <see cref="Bytes"/>.</summary>
    public readonly int[] ValueStart, ValueLength;

    /// <summary>
    /// [rows] The value's length on the wire: greater than <see cref="ValueLength"/> where the
    /// source cut an oversized record.
    /// </summary>
    public readonly int[] ValueLengthWhole;

    /// <summary>
    /// [rows] True where this process owes a decision (or a dead letter) for the record; false
    /// where it only folds it.
    /// </summary>
    public readonly bool[] Decide;

    /// <summary>
    /// [followed regions] How stale each was when the batch was taken, seconds; NaN where it was
    /// never seen whole.
    /// </summary>
    public double[] StalenessSeconds { get; set; } = [];

    /// <summary>
    /// All that the payments logs had by then is in this batch or in those before it, ms since the
    /// Unix epoch: of what comes yet, nothing is older. For ever where no other region is followed.
    /// </summary>
    public long WholeUntilMs { get; set; } = long.MaxValue;

    // Filled by ingest.

    public readonly RowKind[] Kind;

    /// <summary>[rows] Why a row of kind <see cref="RowKind.Rejected"/> was refused.</summary>
    public readonly Rejection[] Rejection;

    /// <summary>[rows] Milliseconds since the Unix epoch, UTC; of a label, its payment's.</summary>
    public readonly long[] EventTimeMs;

    /// <summary>[rows] Minor units of the row's currency; never negative.</summary>
    public readonly long[] AmountMinor;

    /// <summary>[rows] Index into the ISO 4217 table.</summary>
    public readonly short[] CurrencyIndex;

    /// <summary>
    /// [rows] Labels only: when the label became known, by its record's timestamp at the latest, ms
    /// since the Unix epoch.
    /// </summary>
    public readonly long[] KnownAtMs;

    /// <summary>
    /// [rows] Of rows refused because of a time: that time, in whatever unit it was given; other
    /// rows hold leftovers.
    /// </summary>
    public readonly long[] RefusedTimeMs;

    /// <summary>[rows] Labels only.</summary>
    public readonly bool[] Fraud;

    public TextColumn Text(TextField field) => _text[(int)field];

    /// <param name="attributeIndex">Position in <see cref="BatchLayout.AttributeNames"/>.</param>
    public AttributeColumn Attribute(int attributeIndex) => _attributes[attributeIndex];

    /// <summary>Columns of attributes that the batch has.</summary>
    public int AttributeCount => _attributes.Length;

    /// <summary>
    /// The first <see cref="DecideCount"/> entries: rows that are payments and are to be decided,
    /// ascending.
    /// </summary>
    public readonly int[] DecideRows;

    public int DecideCount { get; set; }

    /// <summary>Rows refused in this batch.</summary>
    public int RejectedCount { get; set; }

    // Filled by enrich.

    /// <summary>
    /// [rows] The amount in the base currency of the rates, in major units; NaN where there is no
    /// rate. Filled where a feature looks at it.
    /// </summary>
    public readonly double[] AmountBase;

    /// <summary>
    /// [rows] The rows in the order in which they are folded: each log's by offset, logs by time
    /// and event time.
    /// </summary>
    public readonly int[] FoldOrder;

    /// <summary>
    /// [rows] How far event time has come once the row is folded: the greatest of the logs' clocks
    /// of event time; <see cref="long.MinValue"/> for none.
    /// </summary>
    public readonly long[] WatermarkMs;

    /// <summary>
    /// [rows] True where the state held the record before the batch: a partition was taken over
    /// whose log it was ahead of.
    /// </summary>
    public readonly bool[] IsFolded;

    /// <summary>
    /// [rows] True where the payment was published before, within the idempotency window: it
    /// changes no state.
    /// </summary>
    public readonly bool[] IsDuplicate;

    /// <summary>
    /// [rows] True where the payment's id was another payment's, of other content; of a duplicate,
    /// where it was when the first record came.
    /// </summary>
    public readonly bool[] IsConflicting;

    /// <summary>[rows] Of rows that conflict: where a record of the other payment stands.</summary>
    public readonly int[] ConflictLog;

    /// <inheritdoc cref="ConflictLog"/>
    public readonly long[] ConflictOffset;

    /// <summary>
    /// [rows] The number, in order of folding, of the first record of that payment: the row itself,
    /// where it is no duplicate.
    /// </summary>
    public readonly long[] FirstSequence;

    /// <summary>
    /// [rows] Of duplicates: where the record stands whose decision is theirs: the payment's first,
    /// or where that is another region's, the first of the own.
    /// </summary>
    public readonly int[] FirstLog;

    /// <inheritdoc cref="FirstLog"/>
    public readonly long[] FirstOffset;

    /// <summary>
    /// [logs] The state's vector before the batch: by log index, the next offset that it did not
    /// hold.
    /// </summary>
    public long[] VectorBefore { get; internal set; } = [];

    /// <summary>
    /// [rows] True where a feature of the payment may lack events, or may count too many;
    /// <see cref="Bounds"/> says which.
    /// </summary>
    public readonly bool[] IsApproximate;

    /// <summary>
    /// Of rows that are approximate: how far each feature may be off, 0 where it is exact, NaN
    /// where that is not known; other rows hold leftovers.
    /// </summary>
    public FeatureMatrix Bounds { get; }

    /// <summary>
    /// Features of the rows in <see cref="DecideRows"/>; other rows hold leftovers.
    /// </summary>
    public FeatureMatrix Features { get; }

    /// <summary>
    /// What decides the batch: leased once its features are there, until it is cleared. Null
    /// before, and where nothing is decided.
    /// </summary>
    public IBatchPolicy? Policy { get; private set; }

    /// <summary>
    /// The lists that rules look into, where they come from a log; null where the policy has its
    /// own.
    /// </summary>
    public ListSet? Lists { get; internal set; }

    // Filled by score, indexed by row.

    /// <summary>[rows] The model's own output.</summary>
    public readonly double[] RawScore;

    /// <summary>[rows] Calibrated probability of fraud in [0, 1].</summary>
    public readonly double[] Probability;

    /// <summary>Stands for no model.</summary>
    public const byte NoModel = byte.MaxValue;

    /// <summary>
    /// [rows] Which of the policy's models was asked; <see cref="NoModel"/> for none.
    /// </summary>
    public readonly byte[] ModelAsked;

    /// <summary>
    /// [rows] Which of the policy's models gave the probability: another one than was asked where
    /// it stood in; <see cref="NoModel"/> where none did.
    /// </summary>
    public readonly byte[] ModelGiven;

    /// <summary>
    /// [shadows, rows] Calibrated probabilities of the shadow models; NaN where one has no answer.
    /// </summary>
    public FeatureMatrix Shadows { get; private set; }

    /// <summary>What pushed the risk up; empty where no model is asked for it.</summary>
    public ReasonColumns Reasons { get; private set; }

    // Filled by decide.

    /// <summary>[rows] 0–99.</summary>
    public readonly byte[] Score;

    public readonly RiskLevel[] Level;

    public readonly DecisionAction[] Action;

    public readonly Rung[] Rung;

    public readonly DecidedBy[] DecidedBy;

    public readonly VerdictFlags[] Flags;

    /// <summary>Which rules fired; empty where the policy has none.</summary>
    public RuleColumns Rules { get; private set; }

    /// <summary>Who wants to know what is decided.</summary>
    private readonly List<IAwaitsDecision> _awaiting = [];

    /// <summary>Tells somebody, once, what the payments were decided to be.</summary>
    internal void Await(IAwaitsDecision who) => _awaiting.Add(who);

    /// <summary>The batch is decided.</summary>
    internal void TellDecided()
    {
        foreach (var who in _awaiting)
        {
            who.Decided(this);
        }

        _awaiting.Clear();
    }

    // Filled by emit.

    /// <summary>The decisions and dead letters that the batch writes.</summary>
    public EncodedRecords Encoded { get; } = new();

    /// <summary>Processing-time stamps of the batch's way through the stages.</summary>
    public BatchClock Clock { get; } = new();

    /// <summary>
    /// Adds a record's value. An oversized value is cut to what a dead letter shows; its whole
    /// length is kept, so ingest refuses it.
    /// </summary>
    /// <param name="valueBytesMax">Longest value that is kept whole.</param>
    /// <returns>The row's index.</returns>
    public int Append(int logIndex, long offset, long logTimestampMs, bool decide, ReadOnlySpan<byte> value, int valueBytesMax)
    {
        Invariant.Require(RowCount < RowsMax);
        var rowIndex = RowCount++;
        LogIndex[rowIndex] = logIndex;
        Offset[rowIndex] = offset;
        LogTimestampMs[rowIndex] = logTimestampMs;
        Decide[rowIndex] = decide;
        Kind[rowIndex] = RowKind.Raw;
        ValueLengthWhole[rowIndex] = value.Length;
        var kept = value[..Math.Min(value.Length, valueBytesMax)];
        ValueLength[rowIndex] = kept.Length;
        ValueStart[rowIndex] = AppendBytes(kept);
        return rowIndex;
    }

    public ReadOnlySpan<byte> Value(int rowIndex) => Bytes.AsSpan(ValueStart[rowIndex], ValueLength[rowIndex]);

    /// <summary>
    /// Adds bytes behind the records: the room for texts that had to be unescaped.
    /// </summary>
    /// <returns>Where they start.</returns>
    public int AppendBytes(ReadOnlySpan<byte> value)
    {
        var start = BytesUsed;
        value.CopyTo(Reserve(value.Length));
        BytesUsed += value.Length;
        return start;
    }

    /// <summary>Room behind the used bytes; <see cref="AppendReserved"/> takes it.</summary>
    public Span<byte> Reserve(int length)
    {
        if (Bytes.Length - BytesUsed < length)
        {
            // Rare: a pooled batch keeps the size it grew to, and the source bounds what it puts
            // into one.
            var grown = GC.AllocateUninitializedArray<byte>(Math.Max(Bytes.Length * 2, BytesUsed + length));
            Bytes.AsSpan(0, BytesUsed).CopyTo(grown);
            Bytes = grown;
        }

        return Bytes.AsSpan(BytesUsed, length);
    }

    /// <returns>Where the taken bytes start.</returns>
    public int AppendReserved(int length)
    {
        Invariant.Require(length <= Bytes.Length - BytesUsed);
        BytesUsed += length;
        return BytesUsed - length;
    }

    /// <summary>Notes that a feature may be off.</summary>
    /// <param name="bound">By how much; NaN where that is not known.</param>
    public void MarkApproximate(int rowIndex, int featureIndex, double bound)
    {
        if (!IsApproximate[rowIndex])
        {
            IsApproximate[rowIndex] = true;
            for (var i = 0; i < Bounds.FeatureCount; i++)
            {
                Bounds.Column(i)[rowIndex] = 0;
            }
        }

        Bounds.Column(featureIndex)[rowIndex] = bound;
    }

    /// <summary>
    /// Takes the policy that decides the batch, and room for what its models give. Where that is
    /// another room than before it is made, once.
    /// </summary>
    /// <param name="shadowCount">Of its shadow models.</param>
    /// <param name="reasonsMax">Reasons that it gives of a decision, at most.</param>
    /// <param name="ruleCount">Of its rules.</param>
    internal void DecideBy(IBatchPolicy policy, int shadowCount, int reasonsMax, int ruleCount)
    {
        // A batch may be decided again, by whoever measures that.
        Policy?.Release();
        Policy = policy;
        MakeRoom(shadowCount, reasonsMax, ruleCount);
    }

    /// <summary>Room for attributes that came to a layout.</summary>
    internal void Fit(BatchLayout layout)
    {
        if (_attributes.Length < layout.AttributeNames.Count)
        {
            _attributes = [.. _attributes, .. layout.AttributeNames.Skip(_attributes.Length).Select(_ => new AttributeColumn(RowsMax))];
        }
    }

    /// <summary>Room for the probabilities of shadow models, reasons and rules.</summary>
    public void MakeRoom(int shadowCount, int reasonsMax, int ruleCount = 0)
    {
        if (Shadows.FeatureCount != shadowCount)
        {
            Shadows = new FeatureMatrix(shadowCount, RowsMax);
        }

        if (Reasons.ReasonsMax != reasonsMax)
        {
            Reasons = new ReasonColumns(reasonsMax, RowsMax);
        }

        if (Rules.RuleCount != ruleCount)
        {
            Rules = new RuleColumns(ruleCount, RowsMax);
        }
    }

    /// <summary>Makes the batch ready to be filled again, and leaves its policy.</summary>
    public void Clear()
    {
        Policy?.Release();
        (Policy, Lists) = (null, null);
        (RowCount, BytesUsed, DecideCount, RejectedCount) = (0, 0, 0, 0);
        _awaiting.Clear();
        Clock.Clear();
        Encoded.Clear();
    }
}
