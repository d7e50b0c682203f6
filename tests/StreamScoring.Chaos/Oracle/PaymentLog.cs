namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// One partition of the payments, through all topics of that name: its records in the order in
/// which they were published.
/// </summary>
public sealed class PaymentLog
{
    /// <summary>A record that is a payment.</summary>
    /// <param name="Number">Of the record, among all of the log, those that are no payments
    /// included.</param>
    public sealed record Entry(int Number, InputTopic Topic, LogRecord Record, PublishedPayment Payment)
    {
        public Position Position => new(Topic.Name, Topic.Id, Record.Partition, Record.Offset);

        public string Place => Topic.Place(Record.Partition, Record.Offset);
    }

    public PaymentLog(IReadOnlyList<InputTopic> topics, int partition)
    {
        var records = topics.SelectMany(topic => topic.Records.Where(record => record.Partition == partition).Select(record => (topic, record))).ToList();
        TimestampsMs = records.ConvertAll(place => place.record.TimestampMs);
        Entries = [.. records.Select((place, number) => (place, number)).Where(numbered => numbered.place.record.Expect == Expect.Decision)
            .Select(numbered => new Entry(numbered.number, numbered.place.topic, numbered.place.record, PublishedPayment.Read(numbered.place.record.Value)))];
        IsWhole = topics.Count == 1 && topics[0].BeginOf(partition) == 0;
    }

    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>Of all records.</summary>
    public IReadOnlyList<long> TimestampsMs { get; }

    /// <summary>Nothing of it is gone: every process folds the same records.</summary>
    public bool IsWhole { get; }

    /// <summary>
    /// Whether everybody who decides the later payment has folded the earlier one, before it.
    /// </summary>
    public static bool IsCertain(Entry earlier, Entry later) =>
        ReferenceEquals(earlier.Topic, later.Topic) && earlier.Record.Offset >= earlier.Topic.BeginOf(earlier.Record.Partition);
}
