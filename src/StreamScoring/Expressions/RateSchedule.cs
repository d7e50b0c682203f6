using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Expressions;

/// <summary>
/// By which rates features take amounts, by the time of the payment's record: so that what is
/// folded is a function of the logs, in whatever order these are read. It never changes.
/// </summary>
public sealed class RateSchedule
{
    /// <summary>
    /// Published rates count for records that are stamped so much later. Processes read the control
    /// log a moment apart; by then all of them have.
    /// </summary>
    public const long DelayMs = 60_000;

    private readonly CurrencyRates? _first;

    /// <summary>Oldest first.</summary>
    private readonly (long FromMs, CurrencyRates Rates)[] _later;

    private RateSchedule(CurrencyRates? first, (long FromMs, CurrencyRates Rates)[] later) => (_first, _later) = (first, later);

    /// <summary>Nothing is known of any currency.</summary>
    public static RateSchedule None { get; } = new(null, []);

    /// <param name="rates">Null: none.</param>
    public static RateSchedule Of(CurrencyRates? rates) => rates is null ? None : new RateSchedule(rates, []);

    /// <summary>Whether these rates hold, at all times.</summary>
    public bool Is(CurrencyRates? rates) => _later.Length == 0 && ReferenceEquals(_first, rates);

    /// <summary>In which currency amounts are folded, by its index; null where nothing is known.
    /// </summary>
    public short? BaseIndex => _first?.BaseIndex ?? (_later.Length > 0 ? _later[0].Rates.BaseIndex : null);

    /// <summary>
    /// The same with rates that were published later than all of its own. Those of another base
    /// change nothing: windows hold amounts in the one of before.
    /// </summary>
    /// <param name="publishedMs">Timestamp of their record, ms since the Unix epoch.</param>
    public RateSchedule With(long publishedMs, CurrencyRates rates) =>
        BaseIndex is { } known && known != rates.BaseIndex ? this : new(_first, [.. _later, (publishedMs + DelayMs, rates)]);

    /// <summary>What holds for a record that is stamped so; null for nothing.</summary>
    public CurrencyRates? At(long timestampMs)
    {
        for (var i = _later.Length - 1; i >= 0; i--)
        {
            if (timestampMs >= _later[i].FromMs)
            {
                return _later[i].Rates;
            }
        }

        return _first;
    }

    /// <summary>Fills <see cref="PaymentBatch.AmountBase"/>.</summary>
    public void Fill(PaymentBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            batch.AmountBase[rowIndex] = batch.Kind[rowIndex] == RowKind.Payment && At(batch.LogTimestampMs[rowIndex]) is { } rates
                ? rates.Convert(CurrencyTable.MajorOf(batch.AmountMinor[rowIndex], batch.CurrencyIndex[rowIndex]), batch.CurrencyIndex[rowIndex], rates.BaseIndex)
                : double.NaN;
        }
    }
}
