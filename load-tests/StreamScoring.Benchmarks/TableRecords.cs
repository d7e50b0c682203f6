using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Benchmarks;

/// <summary>
/// The payments of tables, and those of their labels that say fraud, in the order in which the
/// pipeline is to see them. A label that says what was taken for granted is not sent, as no
/// chargeback is sent for a good payment.
/// </summary>
internal static class TableRecords
{
    public static IEnumerable<BenchmarkRecord> Read(IReadOnlyList<string> payments, string columns)
    {
        var table = PaymentTable.Read(payments, [], columns, EventOrder.EventTime);
        return table.InOrder()
            .Where(record => !record.IsLabel || PaymentMessagePack.ReadLabel(record.Value).Fraud)
            .Select(record => new BenchmarkRecord(record.IsLabel, record.Value));
    }
}
