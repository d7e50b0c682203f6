using System.CommandLine;
using StreamScoring.Batches;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Ingest;

namespace StreamScoring.Host.Verbs;

internal static class DeadLettersVerb
{
    private static readonly string[] Reasons = [.. Enum.GetValues<RejectReason>().Where(reason => reason != RejectReason.None).Select(RejectionText.CodeOf)];

    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var from = CommonOptions.From();
        var follow = new Option<bool>("--follow") { Description = "Go on with dead letters that come later, until Ctrl-C" };
        var reason = Reason();
        var json = CommonOptions.Json();
        var command = new Command("deadletters",
            """
            Lists the records that the pipeline refused: when, why, which field, and where they stand; and payments that it decided although another one had
            their id before (conflicting_id).

            Example:
              scoring deadletters --topology topology/handbook/topology.yaml --reason unknown_currency
            """) { topology, set, from, follow, reason, json };
        command.SetAction((parsed, cancel) => ListAsync(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), CommonOptions.FromOf(parsed.GetRequiredValue(from)), parsed.GetValue(follow),
            ReasonOf(parsed.GetValue(reason)), parsed.GetValue(json), cancel));
        command.Subcommands.Add(RepublishVerb.Build());
        return command;
    }

    public static Option<string?> Reason() => new("--reason") { Description = "Only this reason (docs/wire-format.md)", HelpName = "REASON" };

    /// <exception cref="InvalidInputFileException">There is no such reason.</exception>
    public static string? ReasonOf(string? text) =>
        text is null || Reasons.Contains(text) ? text
        : throw new InvalidInputFileException($"--reason is {text}; {(Nearest.To(text, Reasons) is { } near ? $"did you mean {near}?" : $"allowed: {string.Join(", ", Reasons)}")}");

    private static async Task<int> ListAsync(Topology topology, ReadFrom from, bool follow, string? reason, bool json, CancellationToken cancel)
    {
        await using var reader = await DeadLetterReader.OpenAsync(ClientRegion.Of(topology), from, follow, ClientRegion.FetchWaitMax);
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        await foreach (var (letter, value) in reader.ReadAsync(cancel))
        {
            if (reason is not null && letter.Reason != reason)
            {
                continue;
            }

            await output.WriteLineAsync(json ? MaskedJson.Line(value)
                : FormattableString.Invariant($"{DecisionJson.Iso(letter.RejectedAtMs)}  {Shown(letter.Reason),-22} {Shown(letter.Field ?? "-"),-16} ")
                    + $"{Shown(letter.Source.ToString())}  {Shown(letter.Detail)}{(letter.ConflictsWith is { } other ? $" ({Shown(other.ToString())})" : "")}");
            if (follow)
            {
                await output.FlushAsync(cancel);
            }
        }

        if (reader.Poison > 0)
        {
            await Console.Error.WriteLineAsync($"{reader.Poison:N0} records are no dead letters and were skipped");
        }

        return VerbRunner.Done;
    }

    /// <summary>The record may be another's, and say anything.</summary>
    private static string Shown(string text) => TerminalText.Escape(CardNumber.Mask(text));
}
