using Confluent.Kafka;

namespace StreamScoring.Kafka;

/// <summary>
/// Sets readers going again whose next record is not in their log, where librdkafka stops for good.
/// What was deleted is left out: the reader goes on from the log's first record. By the thread that
/// serves the client's events.
/// </summary>
/// <param name="beyond">Told a reader that stands behind the end of its log, and that end: it is
/// not moved.</param>
/// <param name="wake">Called once readers can go on.</param>
internal sealed class LostReaders(KafkaLogClient client, Action<KafkaLogReader, long> beyond, Action wake)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private long _askedAt;

    public void Look(IReadOnlyList<KafkaLogReader> readers)
    {
        if (_askedAt != 0 && TimeProvider.System.GetElapsedTime(_askedAt) < Pause)
        {
            return;
        }

        foreach (var reader in readers)
        {
            if (reader.Place.IsLost)
            {
                _askedAt = TimeProvider.System.GetTimestamp();
                SetGoing(reader);
            }
        }
    }

    private void SetGoing(KafkaLogReader reader)
    {
        WatermarkOffsets there;
        try
        {
            there = client.WatermarksOf(reader.LogIndex, Patience);
        }
        catch (KafkaException)
        {
            // No broker answers: the next look asks again.
            return;
        }

        if (reader.NextOffset > there.High.Value)
        {
            beyond(reader, there.High.Value);
            return;
        }

        reader.Place.GoOn(there.Low.Value);
        wake();
    }
}
