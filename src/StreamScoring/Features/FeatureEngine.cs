using System.Numerics;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Identity;

namespace StreamScoring.Features;

/// <summary>
/// The pure part of the enrich stage: folds every payment and label of a batch into state, in row
/// order, and fills the features of the payments that are to be decided. The one writer of state;
/// used by one thread at a time.
/// </summary>
public sealed class FeatureEngine
{
    public const long StateBytesMaxDefault = 4L << 30;

    private readonly FeatureFile _file;
    private readonly IdentityHash _identity;
    private readonly EntityFolder[] _entities;
    private readonly FoldStep[] _steps;

    /// <summary>Expressions that nothing is folded of, each behind those it uses.</summary>
    private readonly int[] _lastExpressions;
    private readonly ValueSource[] _valueSources;
    private readonly ValueSource[] _hashSources;
    private long[][] _values = [];
    private readonly StateMemory _memory;
    private readonly EvictedKeys _evicted;
    private readonly EarlyEviction _early;
    private long[][] _hashes = [];
    private Action<SweepChunk>? _takeEvicted;
    private int _piece;

    /// <param name="bytesMax">The ceiling of all keyed state.</param>
    /// <param name="identity">Hashes numbers that are counted as distinct values, as the decoder
    /// hashes texts; null: by the secret for development.</param>
    /// <param name="slotSeed">Says where keys lie in their tables; null: a secret of this process
    /// does. Only a run that must repeat step by step says it.</param>
    public FeatureEngine(FeatureFile file, long bytesMax = StateBytesMaxDefault, IdentityHash? identity = null, ulong? slotSeed = null)
    {
        var hash = slotSeed is { } seed ? SlotHash.Of(seed) : SlotHash.Random();
        (_file, _identity) = (file, identity ?? IdentityHash.Development);
        var layouts = file.Layouts();
        _valueSources = [.. layouts.SelectMany(layout => layout.Values).Distinct()];
        _hashSources = [.. layouts.SelectMany(layout => layout.Distincts.Select(columns => columns.Source)).Distinct()];
        // A sixty-fourth of the ceiling is for the record of evicted keys, whether there are any or
        // not.
        var bitsLog2 = Math.Clamp(BitOperations.Log2((ulong)bytesMax / 16), 17, 29);
        _memory = new StateMemory(bytesMax - EvictedKeys.BytesOf(bitsLog2));
        _evicted = new EvictedKeys(bitsLog2, layouts.Select(layout => layout.IsForgettable ? layout.RetentionMs : long.MaxValue).DefaultIfEmpty(0).Max());
        var folded = file.Folded;
        _entities = [.. layouts.Select((layout, entity) => new EntityFolder(
            new EntityState(layout, entity, _memory, _evicted, hash),
            [.. layout.Values.Select(value => Array.IndexOf(_valueSources, value))],
            [.. layout.Distincts.Select(columns => Array.IndexOf(_hashSources, columns.Source))],
            folded,
            file.InputsOf(layout),
            _identity))];
        _lastExpressions = [.. file.ExpressionOrder.Where(expression => !folded.Contains(expression))];
        _steps = [.. Enumerable.Range(0, layouts.Select(layout => layout.Entity.Level + 1).DefaultIfEmpty(0).Max()).Select(level => new FoldStep(
            [.. file.ExpressionOrder.Where(expression => folded.Contains(expression) && file.Features[expression].Level == level)],
            [.. SourcesOf(level, _valueSources, layout => layout.Values)],
            [.. SourcesOf(level, _hashSources, layout => layout.Distincts.Select(columns => columns.Source))],
            [.. _entities.Where(entity => entity.State.Layout.Entity.Level == level)]))];
        _early = new EarlyEviction(_memory, [.. _entities.Select(entity => entity.State)]);
        foreach (var entity in _entities)
        {
            entity.State.Early = _early;
        }

        // What an entity of a lower level looks at was read before.
        IEnumerable<int> SourcesOf(int level, ValueSource[] all, Func<EntityLayout, IEnumerable<ValueSource>> of) => layouts
            .GroupBy(layout => layout.Entity.Level).SelectMany(group => group.SelectMany(of).Distinct().Select(source => (Source: source, group.Key)))
            .GroupBy(source => source.Source).Where(source => source.Min(one => one.Key) == level).Select(source => Array.IndexOf(all, source.Key));
    }

    /// <summary>
    /// What is done at a level: entities of it may look at features of those below.
    /// </summary>
    /// <param name="Expressions">Filled first, each behind those it uses.</param>
    /// <param name="Values">Value sources that are read then, by index; likewise hashes.</param>
    /// <param name="Entities">Folded last.</param>
    private readonly record struct FoldStep(int[] Expressions, int[] Values, int[] Hashes, EntityFolder[] Entities);

    internal FeatureFile File => _file;

    /// <summary>
    /// Keys and bytes of each entity's state. Cheap enough to be asked for at every scrape.
    /// </summary>
    public IEnumerable<(string Entity, int Keys, long Bytes)> Sizes =>
        _entities.Select(entity => (entity.State.Layout.Entity.Name, entity.State.KeyCount, entity.State.AllocatedBytes));

    /// <summary>
    /// Keys that went, by entity: because no window could see any of their events, and because
    /// there was no memory.
    /// </summary>
    public IEnumerable<(string Entity, long Idle, long Early)> Evicted =>
        _entities.Select(entity => (entity.State.Layout.Entity.Name, entity.State.Eviction.IdleCount, entity.State.Eviction.EarlyCount));

    /// <summary>Memory taken for all keyed state, and the ceiling.</summary>
    public (long Allocated, long Max) Bytes => (_memory.AllocatedBytes, _memory.BytesMax);

    /// <summary>
    /// Times that memory was taken beyond the ceiling, because nothing was left that could go
    /// instead.
    /// </summary>
    public long TimesCeilingExceeded => _memory.TimesExceeded;

    /// <summary>
    /// Events held by all keys, counted one by one: for operators and benchmarks.
    /// </summary>
    public long CountEvents() => _entities.Sum(entity => entity.State.CountEvents());

    /// <summary>Starts to copy the state out as it is now (<see cref="StepSweep"/>).</summary>
    /// <param name="take">Given chunks of whole images.</param>
    /// <param name="watermarkMs">How far event time has come: keys and events that are too old by
    /// it are left out.</param>
    public void BeginSweep(Action<SweepChunk> take, long watermarkMs)
    {
        for (var i = 0; i < _entities.Length; i++)
        {
            var entity = i;
            _entities[entity].State.Sweep.Begin(images => take(new SweepChunk(entity, images)), watermarkMs);
        }

        (_takeEvicted, _piece) = (take, 0);
    }

    /// <summary>Copies some more of it, between two batches.</summary>
    /// <param name="bytes">About how much.</param>
    /// <returns>True once all is copied.</returns>
    public bool StepSweep(long bytes)
    {
        foreach (var entity in _entities)
        {
            if (!entity.State.Sweep.Step(ref bytes))
            {
                return false;
            }
        }

        while (_takeEvicted is not null && bytes > 0)
        {
            if (_evicted.Copy(_piece++) is { } piece)
            {
                bytes -= piece.Length;
                _takeEvicted(new SweepChunk(_entities.Length, piece));
            }
            else
            {
                _takeEvicted = null;
            }
        }

        GC.KeepAlive(this);
        return _takeEvicted is null;
    }

    /// <summary>Ends a sweep that is of no use any more.</summary>
    public void AbandonSweep()
    {
        foreach (var entity in _entities)
        {
            entity.State.Sweep.Abandon();
        }

        _takeEvicted = null;
    }

    /// <summary>
    /// Makes room once for keys that are about to be restored, instead of bit by bit.
    /// </summary>
    /// <param name="keyCounts">By entity, as someone wrote it: anything may stand there.</param>
    /// <param name="bytes">What all images take at most: that bounds how many keys there can
    /// be.</param>
    public void Expect(IReadOnlyList<long> keyCounts, long bytes)
    {
        foreach (var (entity, keyCount) in _entities.Zip(keyCounts))
        {
            entity.State.Restoring.Expect(keyCount, bytes);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Adds what a sweep of the same feature file copied.</summary>
    /// <exception cref="InvalidDataException">The chunk is not of this feature file.</exception>
    public void Restore(SweepChunk chunk)
    {
        if (chunk.Entity == _entities.Length)
        {
            _evicted.Restore(chunk.Images.Span);
            return;
        }

        if (chunk.Entity < 0 || chunk.Entity >= _entities.Length)
        {
            throw new InvalidDataException($"entity {chunk.Entity} is not one of the {_entities.Length} of the feature file");
        }

        _entities[chunk.Entity].State.Restoring.Add(chunk.Images.Span);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Hashes chunks, wherever they came from; sums of the hashes are equal where states are. Used
    /// by one thread at a time.
    /// </summary>
    public Func<SweepChunk, UInt128> NewDigest()
    {
        var digests = _entities.Select((entity, i) => new EntityDigest(entity.State.Layout, i)).ToArray();
        return chunk => chunk.Entity == digests.Length ? UInt128.Zero : digests[chunk.Entity].Of(chunk.Images.Span);
    }

    public void Enrich(PaymentBatch batch)
    {
        if (batch.RowCount == 0)
        {
            return;
        }

        Array.Clear(batch.IsApproximate, 0, batch.RowCount);
        foreach (ref readonly var step in _steps.AsSpan())
        {
            foreach (var featureIndex in step.Expressions)
            {
                FillExpression(batch, featureIndex, _file.Features[featureIndex].Expression!);
            }

            ReadValues(batch, step);
            foreach (var entity in step.Entities)
            {
                entity.Fold(batch, _values, _hashes);
            }
        }

        _early.Folded(batch.RowCount);
        foreach (var entity in _entities)
        {
            entity.State.Eviction.Idle(batch.RowCount, batch.WatermarkMs[batch.FoldOrder[batch.RowCount - 1]]);
        }

        if (batch.DecideCount > 0)
        {
            foreach (var featureIndex in _lastExpressions)
            {
                FillExpression(batch, featureIndex, _file.Features[featureIndex].Expression!);
            }
        }

        // The state's memory ends with its owner, and pointers do not count as a use of it.
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Looks at some more keys of each entity, and lets those go that nothing can bring back to
    /// sight.
    /// </summary>
    internal void EvictIdle(int slotCount, long watermarkMs)
    {
        foreach (var entity in _entities)
        {
            entity.State.Eviction.Look(slotCount, watermarkMs);
        }
    }

    private static void FillExpression(PaymentBatch batch, int featureIndex, Expression expression)
    {
        switch (expression)
        {
            case TextFieldNode { Field: { } field }:
                batch.Features.SetText(featureIndex, batch.Text(field), batch.Bytes);
                break;
            case AttributeTextNode attribute:
                batch.Features.SetText(featureIndex, batch.Attribute(attribute.AttributeIndex).Text, batch.Bytes);
                break;
            default:
                expression.Numbers(batch).CopyTo(batch.Features.Column(featureIndex));
                break;
        }
    }

    private void ReadValues(PaymentBatch batch, in FoldStep step)
    {
        if (_values.Length != _valueSources.Length || (_values.Length > 0 && _values[0].Length < batch.RowCount)
            || _hashes.Length != _hashSources.Length || (_hashes.Length > 0 && _hashes[0].Length < batch.RowCount))
        {
            TakeColumns(batch.RowsMax);
        }

        foreach (var i in step.Values)
        {
            if (_valueSources[i].IsAmount)
            {
                ReadAmounts(batch, _values[i]);
            }
            else if (_valueSources[i].IsAmountBase)
            {
                ReadBaseAmounts(batch, _values[i]);
            }
            else if (_valueSources[i].IsFeature)
            {
                ReadNumbers(batch.Features.Column(_valueSources[i].FeatureIndex)[..batch.RowCount], _values[i]);
            }
            else
            {
                ReadNumbers(batch.Attribute(_valueSources[i].AttributeIndex).Number.AsSpan(0, batch.RowCount), _values[i]);
            }
        }

        foreach (var i in step.Hashes)
        {
            ReadHashes(batch, _hashSources[i], _hashes[i]);
        }
    }

    /// <summary>
    /// A method of its own: where a lambda captures a parameter, an object is made each time that
    /// the method is entered.
    /// </summary>
    private void TakeColumns(int rowsMax)
    {
        _values = [.. _valueSources.Select(_ => new long[rowsMax])];
        _hashes = [.. _hashSources.Select(_ => new long[rowsMax])];
    }

    private static void ReadAmounts(PaymentBatch batch, long[] values)
    {
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            values[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment
                ? ScaledValue.OfAmount(batch.AmountMinor[rowIndex], CurrencyTable.ExponentOf(batch.CurrencyIndex[rowIndex]))
                : EntityState.MissingValue;
        }
    }

    private static void ReadBaseAmounts(PaymentBatch batch, long[] values)
    {
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            values[rowIndex] = ScaledValue.OfBaseAmount(batch.AmountBase[rowIndex]);
        }
    }

    private static void ReadNumbers(ReadOnlySpan<double> numbers, long[] values)
    {
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            values[rowIndex] = ScaledValue.OfAttribute(numbers[rowIndex]);
        }
    }

    /// <summary>By the unit in which it folds: what differs in the last bits alone is one value.
    /// </summary>
    private long HashOfDerived(double value) => ScaledValue.OfAttribute(value) switch
    {
        EntityState.MissingValue => 0,
        EntityState.ValueOutOfRange => _identity.OfNumber(BitConverter.DoubleToInt64Bits(value)),
        var units => _identity.OfNumber(units),
    };

    private void ReadHashes(PaymentBatch batch, ValueSource source, long[] hashes)
    {
        if (source.IsAmount)
        {
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                hashes[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment
                    ? _identity.OfNumber(ScaledValue.OfAmount(batch.AmountMinor[rowIndex], CurrencyTable.ExponentOf(batch.CurrencyIndex[rowIndex])))
                    : 0;
            }

            return;
        }

        if (source.IsFeature)
        {
            var derived = batch.Features.Column(source.FeatureIndex);
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                hashes[rowIndex] = HashOfDerived(derived[rowIndex]);
            }

            return;
        }

        var text = source.Field is { } field ? batch.Text(field) : batch.Attribute(source.AttributeIndex).Text;
        var numbers = source.Field is null ? batch.Attribute(source.AttributeIndex).Number : null;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var number = numbers is null ? double.NaN : numbers[rowIndex];
            hashes[rowIndex] = double.IsNaN(number) ? (long)(ulong)text.Hash[rowIndex] : _identity.OfNumber(BitConverter.DoubleToInt64Bits(number));
        }
    }
}
