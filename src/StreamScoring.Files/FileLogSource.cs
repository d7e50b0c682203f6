using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Files;

/// <summary>
/// The port on tables: a log of labels and a log of payments, whose timestamps put labels in their
/// place among the payments.
/// </summary>
public sealed class FileLogSource : ILogSource
{
    /// <summary>
    /// The two logs. Labels sort first, so that of equal timestamps the label is folded first.
    /// </summary>
    public static LogTable Logs { get; } = new([(new LogId("file", "labels", 0), LogKind.Labels), (new LogId("file", "payments", 0), LogKind.Payments)]);

    private readonly Reader[] _readers;

    public FileLogSource(PaymentTable table) => _readers = [new Reader(0, table.Labels), new Reader(1, table.Payments)];

    public IReadOnlyList<ILogReader> Readers => _readers;

    /// <summary>Always: whatever a table holds is there from the start.</summary>
    public bool IsCompleted => true;

    public void Start(Action wake, Action<Exception> failed) => wake();

    public void Acknowledged(int logIndex, long nextOffset, int count)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Reader(int logIndex, EventStore events) : ILogReader
    {
        private int _next;

        public int LogIndex => logIndex;

        public bool IsFollowed => false;

        public bool IsAtEnd => _next == events.Count;

        public void StartBatch()
        {
        }

        public bool TryPeek(out long mergeMs)
        {
            mergeMs = IsAtEnd ? 0 : events.OrderMs(_next);
            return !IsAtEnd;
        }

        public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
        {
            var taken = 0;
            for (; taken < rowsMax && _next < events.Count && events.OrderMs(_next) <= throughMs; taken++, _next++)
            {
                batch.Append(logIndex, _next, events.OrderMs(_next), decide: true, events.Value(_next).Span, int.MaxValue);
            }

            return taken;
        }

        public void Dispose()
        {
        }
    }
}
