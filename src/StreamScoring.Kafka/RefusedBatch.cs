namespace StreamScoring.Kafka;

/// <summary>Records that were sent in one piece and refused as too large.</summary>
/// <param name="Position">The payment or label that the largest of them answers.</param>
/// <param name="RecordBytes">Of the largest: key and value.</param>
internal readonly record struct RefusedBatch(string Topic, int Partition, int RecordCount, string Position, long RecordBytes);
