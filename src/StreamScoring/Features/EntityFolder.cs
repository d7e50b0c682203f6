using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Identity;

namespace StreamScoring.Features;

/// <summary>
/// Folds a batch into one entity's state, row by row, and reads its features on the way. The other
/// entities do not matter to it.
/// </summary>
internal sealed unsafe class EntityFolder
{
    /// <summary>
    /// Some ten cache lines a row, three steps: what is fetched still fits in the first-level cache
    /// when it is used.
    /// </summary>
    private const int StepRows = 32;

    private readonly EntityLayout _layout;
    private readonly EntityState _state;
    private readonly FeatureReader _reader;
    private readonly FeatureReader? _readerOfFolded;
    private readonly int[] _inputs;
    private readonly int[] _valueColumns;
    private readonly int[] _distinctColumns;
    private readonly long[] _values;
    private readonly long[] _distincts;
    private readonly IdentityHash _identity;
    private UInt128[] _keys = [];

    /// <summary>
    /// Where the keys belong in the table: of all rows in one go, so that no search waits for it.
    /// </summary>
    private ulong[] _slotHashes = [];

    /// <summary>A part of the keys that is no text field.</summary>
    private UInt128[] _parts = [];
    private long[] _flags = [];
    private KeySlot*[] _slots = [];

    /// <param name="valueColumns">For each value of the layout, its column in the engine's scaled
    /// values; likewise for distinct columns.</param>
    /// <param name="folded">Features that entities of a higher level look at: they are computed of
    /// all payments that are folded, decided or not.</param>
    /// <param name="inputs">Features of lower levels that this one looks at.</param>
    /// <param name="identity">Hashes numbers that are keys.</param>
    public EntityFolder(EntityState state, int[] valueColumns, int[] distinctColumns, IReadOnlySet<int> folded, IReadOnlyList<int> inputs, IdentityHash identity)
    {
        (_layout, _state, _reader, _inputs, _identity) = (state.Layout, state, new FeatureReader(state, _ => true), [.. inputs], identity);
        _readerOfFolded = state.Layout.Plans.Any(plan => folded.Contains(plan.Feature.Index)) ? new FeatureReader(state, folded.Contains) : null;
        (_valueColumns, _distinctColumns) = (valueColumns, distinctColumns);
        (_values, _distincts) = (new long[valueColumns.Length], new long[distinctColumns.Length]);
    }

    public EntityState State => _state;

    /// <param name="values">[columns][rows] Scaled numbers.</param>
    /// <param name="hashes">[columns][rows] Hashes of values to count, 0 where missing.</param>
    public void Fold(PaymentBatch batch, long[][] values, long[][] hashes)
    {
        if (_keys.Length < batch.RowCount)
        {
            (_keys, _flags, _slots) = (new UInt128[batch.RowsMax], new long[batch.RowsMax], new KeySlot*[batch.RowsMax]);
            _slotHashes = new ulong[batch.RowsMax];
            _parts = new UInt128[_layout.Entity.Keys.All(key => key.Field is not null) ? 0 : batch.RowsMax];
        }

        ReadKeys(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            _slotHashes[rowIndex] = _state.Keys.HashOf(_keys[rowIndex]);
        }

        ReadFlags(batch);
        // New keys of this batch must not move the slots that are being fetched.
        _state.Reserve(batch.RowCount, batch.WatermarkMs[batch.FoldOrder[0]]);
        // In steps, each of which finds in the cache what the one before fetched while other rows
        // were folded.
        for (var at = -3 * StepRows; at < batch.RowCount; at += StepRows)
        {
            PrefetchSlots(StepOf(batch, at + (3 * StepRows)));
            PrefetchEvents(StepOf(batch, at + (2 * StepRows)));
            PrefetchEdges(batch, StepOf(batch, at + StepRows));
            FoldRows(batch, StepOf(batch, at), values, hashes);
        }
    }

    /// <returns>Rows, in the order in which they are folded.</returns>
    private static ReadOnlySpan<int> StepOf(PaymentBatch batch, int at)
    {
        var first = Math.Clamp(at, 0, batch.RowCount);
        return batch.FoldOrder.AsSpan(first, Math.Clamp(at + StepRows, 0, batch.RowCount) - first);
    }

    private void PrefetchSlots(ReadOnlySpan<int> rows)
    {
        foreach (var rowIndex in rows)
        {
            _state.Ahead.Slot(_slotHashes[rowIndex]);
        }
    }

    private void PrefetchEvents(ReadOnlySpan<int> rows)
    {
        foreach (var rowIndex in rows)
        {
            _slots[rowIndex] = _keys[rowIndex] == UInt128.Zero ? null : _state.Ahead.Events(_keys[rowIndex], _slotHashes[rowIndex]);
        }
    }

    private void PrefetchEdges(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        foreach (var rowIndex in rows)
        {
            if (batch.Decide[rowIndex] && _slots[rowIndex] != null)
            {
                _state.Ahead.Edges(_slots[rowIndex], batch.EventTimeMs[rowIndex]);
            }
        }
    }

    private void FoldRows(PaymentBatch batch, ReadOnlySpan<int> rows, long[][] values, long[][] hashes)
    {
        var paymentHashes = batch.Text(TextField.PaymentId).Hash;
        foreach (var rowIndex in rows)
        {
            if (batch.Kind[rowIndex] == RowKind.Payment)
            {
                FoldPayment(batch, rowIndex, (ulong)paymentHashes[rowIndex], values, hashes);
            }
            else if (_layout.HasLabels && batch.Kind[rowIndex] == RowKind.Label && !batch.IsFolded[rowIndex] && _keys[rowIndex] != UInt128.Zero)
            {
                _state.AddLabel(
                    _keys[rowIndex], batch.EventTimeMs[rowIndex], (ulong)paymentHashes[rowIndex], batch.KnownAtMs[rowIndex], batch.Fraud[rowIndex],
                    batch.WatermarkMs[rowIndex]);
            }
        }
    }

    private void FoldPayment(PaymentBatch batch, int rowIndex, ulong paymentHash, long[][] values, long[][] hashes)
    {
        if (_keys[rowIndex] == UInt128.Zero)
        {
            ReaderOf(batch, rowIndex)?.ReadMissing(batch.Features, rowIndex);
            return;
        }

        var isLost = _inputs.Length > 0 && IsAnyApproximate(batch, rowIndex);
        for (var i = 0; i < _values.Length; i++)
        {
            var value = values[_valueColumns[i]][rowIndex];
            isLost |= value == EntityState.ValueOutOfRange;
            _values[i] = value == EntityState.ValueOutOfRange ? EntityState.MissingValue : value;
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            _distincts[i] = hashes[_distinctColumns[i]][rowIndex];
        }

        var timeMs = batch.EventTimeMs[rowIndex];
        if (batch.IsFolded[rowIndex] || batch.IsDuplicate[rowIndex])
        {
            ReadAgain(batch, rowIndex, timeMs, paymentHash);
            return;
        }

        var slot = _state.AddPayment(
            _keys[rowIndex], _slots[rowIndex], timeMs, paymentHash, _flags[rowIndex], _values, _distincts, batch.WatermarkMs[rowIndex], out var row);
        if (isLost)
        {
            EntityState.LoseValue(slot, timeMs);
        }

        if (ReaderOf(batch, rowIndex) is { } reader)
        {
            Read(reader, batch, rowIndex, slot, row, timeMs);
        }
    }

    /// <returns>What computes the features of a payment; null where nobody asks for any.</returns>
    private FeatureReader? ReaderOf(PaymentBatch batch, int rowIndex) => batch.Decide[rowIndex] ? _reader : _readerOfFolded;

    /// <summary>
    /// Whether something that this entity looks at may be off, so that what is folded of it is too.
    /// </summary>
    private bool IsAnyApproximate(PaymentBatch batch, int rowIndex)
    {
        foreach (var input in _inputs)
        {
            if (batch.IsApproximate[rowIndex] && batch.Bounds.Column(input)[rowIndex] != 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Read(FeatureReader reader, PaymentBatch batch, int rowIndex, KeySlot* slot, int row, long timeMs)
    {
        reader.Read(slot, row, timeMs, _values, batch, rowIndex);
        if (_state.MayMiss(slot, timeMs, batch.WatermarkMs[rowIndex]))
        {
            reader.MarkUnbounded(batch, rowIndex);
        }
    }

    /// <summary>Features of a payment that is part of the state already.</summary>
    private void ReadAgain(PaymentBatch batch, int rowIndex, long timeMs, ulong paymentHash)
    {
        if (!batch.Decide[rowIndex])
        {
            return;
        }

        var slot = _state.FindAgain(
            _keys[rowIndex], timeMs, paymentHash, _flags[rowIndex], _values, _distincts, batch.WatermarkMs[rowIndex], out var row);
        if (row >= 0 || row == EntityState.AmongTiles)
        {
            Read(_reader, batch, rowIndex, slot, row, timeMs);
        }
        else if (batch.IsDuplicate[rowIndex])
        {
            // It came again with other content, or so late that the first one's past is gone; the
            // first decision is what counts.
            _reader.ReadMissing(batch.Features, rowIndex);
        }
        else
        {
            throw new StateAheadException(batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        }
    }

    private void ReadKeys(PaymentBatch batch)
    {
        var keys = _layout.Entity.Keys;
        PartOf(batch, keys[0]).AsSpan(0, batch.RowCount).CopyTo(_keys);
        for (var i = 1; i < keys.Count; i++)
        {
            var hashes = PartOf(batch, keys[i]);
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                _keys[rowIndex] = Combine(_keys[rowIndex], hashes[rowIndex]);
            }
        }
    }

    /// <returns>[rows] A part of the keys; 0 where it is missing.</returns>
    private UInt128[] PartOf(PaymentBatch batch, in ValueSource key)
    {
        if (key.Field is { } field)
        {
            return batch.Text(field).Hash;
        }

        var texts = key.IsFeature ? null : batch.Attribute(key.AttributeIndex).Text.Hash;
        var numbers = key.IsFeature ? batch.Features.Column(key.FeatureIndex) : batch.Attribute(key.AttributeIndex).Number;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            // A label has no features.
            var number = batch.Kind[rowIndex] == RowKind.Payment ? numbers[rowIndex] : double.NaN;
            _parts[rowIndex] = !double.IsNaN(number) ? PartOf(number) : texts is null ? UInt128.Zero : texts[rowIndex];
        }

        return _parts;
    }

    private UInt128 PartOf(double number)
    {
        var bits = BitConverter.DoubleToInt64Bits(number == 0 ? 0 : number);
        return new UInt128((ulong)_identity.OfNumber(~bits), (ulong)_identity.OfNumber(bits));
    }

    /// <summary>A pair is a key of its own; with a part missing there is none.</summary>
    private static UInt128 Combine(UInt128 left, UInt128 right)
    {
        if (left == UInt128.Zero || right == UInt128.Zero)
        {
            return UInt128.Zero;
        }

        ReadOnlySpan<UInt128> pair = [left, right];
        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(pair));
    }

    private void ReadFlags(PaymentBatch batch)
    {
        _flags.AsSpan(0, batch.RowCount).Fill(1);
        for (var filter = 1; filter < _layout.Entity.Filters.Count; filter++)
        {
            if (_layout.Entity.Filters[filter] is not { Label: LabelClass.Any, Condition: not null })
            {
                // Set with the payment's label, or needed by nobody.
                continue;
            }

            var passed = _layout.Entity.Filters[filter].Condition!.Numbers(batch);
            for (var rowIndex = 0; rowIndex < passed.Length; rowIndex++)
            {
                // A condition over a missing value is missing, and then not passed.
                _flags[rowIndex] |= passed[rowIndex] == 1 ? 1L << filter : 0;
            }
        }
    }
}
