namespace StreamScoring.Ingest;

/// <summary>The wire forms, and what is none of them.</summary>
internal enum RecordForm
{
    Unknown,
    Json,
    MessagePack,
}
