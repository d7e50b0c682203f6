using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>
/// The pure part of the enrich stage: folds every payment and label of a batch into state, in row order, and fills the features of the
/// payments that are to be decided. The one writer of state; used by one thread at a time.
/// </summary>
public sealed class FeatureEngine
{
    private readonly FeatureFile _file;
    private readonly EntityFolder[] _entities;
    private readonly int[] _expressionOrder;
    private readonly ValueSource[] _valueSources;
    private readonly ValueSource[] _hashSources;
    private long[][] _values = [];
    private long[][] _hashes = [];

    public FeatureEngine(FeatureFile file)
    {
        _file = file;
        _expressionOrder = [.. file.ExpressionOrder];
        var layouts = file.Entities
            .Select((entity, index) => new EntityLayout(entity, [.. file.Features.Where(feature => feature.Entity == index)], file.LatenessMs))
            .ToList();
        _valueSources = [.. layouts.SelectMany(layout => layout.Values).Distinct()];
        _hashSources = [.. layouts.SelectMany(layout => layout.Distincts.Select(columns => columns.Source)).Distinct()];
        _entities = [.. layouts.Select(layout => new EntityFolder(
            new EntityState(layout),
            [.. layout.Values.Select(value => Array.IndexOf(_valueSources, value))],
            [.. layout.Distincts.Select(columns => Array.IndexOf(_hashSources, columns.Source))]))];
    }

    /// <summary>Keys and bytes of each entity's state. Cheap enough to be asked for at every scrape.</summary>
    public IEnumerable<(string Entity, int Keys, long Bytes)> Sizes =>
        _entities.Select(entity => (entity.State.Layout.Entity.Name, entity.State.KeyCount, entity.State.AllocatedBytes));

    /// <summary>Events held by all keys, counted one by one: for operators and benchmarks.</summary>
    public long CountEvents() => _entities.Sum(entity => entity.State.CountEvents());

    public void Enrich(PaymentBatch batch)
    {
        ReadValues(batch);
        foreach (var entity in _entities)
        {
            entity.Fold(batch, _values, _hashes);
        }

        if (batch.DecideCount > 0)
        {
            foreach (var featureIndex in _expressionOrder)
            {
                FillExpression(batch, featureIndex, _file.Features[featureIndex].Expression!);
            }
        }
    }

    private static void FillExpression(PaymentBatch batch, int featureIndex, Expression expression)
    {
        switch (expression)
        {
            case TextFieldNode text:
                batch.Features.SetText(featureIndex, batch.Text(text.Field), batch.Bytes);
                break;
            case AttributeTextNode attribute:
                batch.Features.SetText(featureIndex, batch.Attribute(attribute.AttributeIndex).Text, batch.Bytes);
                break;
            default:
                expression.Numbers(batch).CopyTo(batch.Features.Column(featureIndex));
                break;
        }
    }

    private void ReadValues(PaymentBatch batch)
    {
        if (_values.Length != _valueSources.Length || (_values.Length > 0 && _values[0].Length < batch.RowCount)
            || _hashes.Length != _hashSources.Length || (_hashes.Length > 0 && _hashes[0].Length < batch.RowCount))
        {
            _values = [.. _valueSources.Select(_ => new long[batch.RowsMax])];
            _hashes = [.. _hashSources.Select(_ => new long[batch.RowsMax])];
        }

        for (var i = 0; i < _valueSources.Length; i++)
        {
            if (_valueSources[i].IsAmount)
            {
                ReadAmounts(batch, _values[i]);
            }
            else
            {
                ReadAttribute(batch.Attribute(_valueSources[i].AttributeIndex), batch.RowCount, _values[i]);
            }
        }

        for (var i = 0; i < _hashSources.Length; i++)
        {
            ReadHashes(batch, _hashSources[i], _hashes[i]);
        }
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

    private static void ReadAttribute(AttributeColumn column, int rowCount, long[] values)
    {
        for (var rowIndex = 0; rowIndex < rowCount; rowIndex++)
        {
            values[rowIndex] = ScaledValue.OfAttribute(column.Number[rowIndex]);
        }
    }

    private static void ReadHashes(PaymentBatch batch, ValueSource source, long[] hashes)
    {
        if (source.IsAmount)
        {
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                hashes[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment
                    ? HashOf(ScaledValue.OfAmount(batch.AmountMinor[rowIndex], CurrencyTable.ExponentOf(batch.CurrencyIndex[rowIndex])))
                    : 0;
            }

            return;
        }

        var text = source.Field is { } field ? batch.Text(field) : batch.Attribute(source.AttributeIndex).Text;
        var numbers = source.Field is null ? batch.Attribute(source.AttributeIndex).Number : null;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var number = numbers is null ? double.NaN : numbers[rowIndex];
            hashes[rowIndex] = double.IsNaN(number) ? (long)(ulong)text.Hash[rowIndex] : HashOf(BitConverter.DoubleToInt64Bits(number));
        }
    }

    /// <summary>Never 0, which stands for missing.</summary>
    private static long HashOf(long value) => (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value))) | 1;
}
