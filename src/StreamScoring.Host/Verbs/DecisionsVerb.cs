using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

internal static class DecisionsVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var from = CommonOptions.From();
        var follow = new Option<bool>("--follow") { Description = "Go on with decisions that come later, until Ctrl-C" };
        var json = CommonOptions.Json();
        var command = new Command("decisions",
            """
            Reads decisions, each payment's once, up to the end of the topic as it was found.

            Example:
              scoring decisions --topology topology/handbook/topology.yaml --from end --follow
            """) { topology, set, from, follow, json };
        command.Runs((parsed, cancel) => RunAsync(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), CommonOptions.FromOf(parsed.GetRequiredValue(from)), parsed.GetValue(follow), parsed.GetValue(json), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Topology topology, ReadFrom from, bool follow, bool json, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Decisions);
        await using var reader = await DecisionReader.OpenAsync(ClientRegion.Of(topology), new DecisionReaderOptions { From = from, Follow = follow, FetchWaitMax = ClientRegion.FetchWaitMax });
        using var stdout = Console.OpenStandardOutput();
        using var output = new BufferedStream(stdout, 1 << 16);
        var buffer = new ArrayBufferWriter<byte>(4096);
        await foreach (var decision in reader.ReadAsync(cancel))
        {
            if (json)
            {
                WriteJson(decision, buffer, output);
            }
            else
            {
                var record = decision.Record;
                output.Write(Encoding.UTF8.GetBytes(FormattableString.Invariant(
                    $"{DecisionJson.Iso(record.EventTimeMs)}  {Shown(record.Action),-9} {record.Score,2}  ")
                    + $"{Shown(record.PaymentId)}  {Shown(decision.Source.ToString())}\n"));
            }

            if (follow)
            {
                output.Flush();
            }
        }

        if (reader.Poison > 0)
        {
            await Console.Error.WriteLineAsync($"{reader.Poison:N0} records are no decisions and were skipped");
        }

        return VerbRunner.Done;
    }

    /// <summary>The record may be another's, and say anything.</summary>
    private static string Shown(string text) => TerminalText.Escape(CardNumber.Mask(text));

    private static void WriteJson(ReadDecision decision, ArrayBufferWriter<byte> buffer, BufferedStream output)
    {
        if (decision.IsJson && TerminalText.IsPlain(decision.Value.Span))
        {
            output.Write(decision.Value.Span);
        }
        else if (decision.IsJson)
        {
            // Written anew, so that what a terminal obeys is escaped.
            output.Write(Encoding.UTF8.GetBytes(JsonLine.Of(decision.Value)));
        }
        else
        {
            buffer.ResetWrittenCount();
            using var writer = new Utf8JsonWriter(buffer);
            DecisionJson.Write(writer, decision.Record);
            writer.Flush();
            output.Write(buffer.WrittenSpan);
        }

        output.WriteByte((byte)'\n');
    }
}
