namespace StreamScoring.Contracts;

/// <summary>Headers of decisions and dead letters: where the record that they answer was read. Values are UTF-8 text.</summary>
public static class RecordHeaders
{
    public const string Region = "region", Topic = "topic", Partition = "partition", Offset = "offset";
}
