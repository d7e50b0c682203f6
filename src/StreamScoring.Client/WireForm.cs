namespace StreamScoring.Client;

/// <summary>
/// How a record is written. The pipeline tells them apart by record, so publishers of one topic
/// need not agree.
/// </summary>
public enum WireForm
{
    /// <summary>The compact form.</summary>
    MessagePack,
    Json,
}
