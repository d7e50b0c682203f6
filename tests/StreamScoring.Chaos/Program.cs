using System.CommandLine;
using System.Text.Json;
using StreamScoring.Chaos;
using StreamScoring.Chaos.Faults;
using StreamScoring.TestSupport;

var seed = new Option<int>("--seed") { Description = "Which faults, and when", DefaultValueFactory = _ => 1 };
var rounds = new Option<int>("--rounds") { Description = "Faults at most", DefaultValueFactory = _ => 30 };
var minutes = new Option<double>("--minutes") { Description = "Ends the faults after so long; start and judgement come on top", DefaultValueFactory = _ => 10 };
var rate = new Option<int>("--rate") { Description = "Records published per second", DefaultValueFactory = _ => 300 };
var protocol = new Option<string>("--protocol") { Description = "Group protocol: classic or consumer", DefaultValueFactory = _ => "classic" };
var delivery = new Option<string>("--delivery") { Description = "Delivery: idempotent or transactional", DefaultValueFactory = _ => "idempotent" };
var faults = new Option<string[]>("--fault") { Description = $"Draws from these only: {string.Join(", ", FaultList.All.Select(fault => fault.Name))}" };
var port = new Option<int>("--port") { Description = "First of 300 free ports", DefaultValueFactory = _ => 21_000 };
var logs = new Option<string?>("--logs") { Description = "Keep the processes' logs in this folder", HelpName = "FOLDER" };
protocol.AcceptOnlyFromAmong("classic", "consumer");
delivery.AcceptOnlyFromAmong("idempotent", "transactional");
faults.AcceptOnlyFromAmong([.. FaultList.All.Select(fault => fault.Name)]);
var command = new RootCommand(
    "Three real brokers and three scoring processes under faults, and an oracle that reads the logs. Progress on stderr, one JSON object on stdout; exit code 1 where a promise is broken.")
{
    seed, rounds, minutes, rate, protocol, delivery, faults, port, logs,
};
command.SetAction(async (parsed, cancel) =>
{
    if (SharedFolder.MissingReason is { } reason)
    {
        await Console.Error.WriteLineAsync(reason);
        return 2;
    }

    var run = new ChaosRun(
        new ChaosOptions(
            parsed.GetValue(seed), parsed.GetValue(rounds), TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(rate),
            parsed.GetValue(protocol) == "consumer", parsed.GetValue(delivery) == "transactional", parsed.GetValue(faults) ?? [], parsed.GetValue(port), parsed.GetValue(logs)),
        Console.Error.WriteLine);
    var summary = await run.RunAsync(cancel);
    Console.WriteLine(JsonSerializer.Serialize(summary, SummaryFormat.Options));
    return summary.Violations.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
