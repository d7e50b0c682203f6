using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.Samples;

/// <summary>
/// What a fraud desk does: follow the decisions as a member of a group, show what was not allowed,
/// and count. Start it twice, and the two share the partitions; stop one, and the other goes on
/// where it stopped.
/// </summary>
internal static class RadarSample
{
    public static async Task<int> RunAsync(ScoringRegion region, int count, CancellationToken cancel)
    {
        await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Group = "radar" });
        var byAction = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var seen = 0;
        await foreach (var decision in reader.ReadAsync(cancel))
        {
            var record = decision.Record;
            byAction[record.Action] = byAction.GetValueOrDefault(record.Action) + 1;
            if (record.Action != "allow")
            {
                Console.Out.WriteLine($"{record.Action} {record.Score} {TerminalText.Escape(record.PaymentId)} {decision.Source}");
            }

            if (++seen == count)
            {
                // The loop does not ask for the next one, so the last one is committed by hand.
                await reader.CommitAsync();
                break;
            }
        }

        Console.Out.WriteLine($"decisions {seen}, repeated {reader.Repeated}, poison {reader.Poison}: {string.Join(", ", byAction.Select(pair => $"{pair.Key} {pair.Value}"))}");
        return 0;
    }
}
