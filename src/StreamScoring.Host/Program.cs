using System.CommandLine;
using StreamScoring.Host;

var root = new RootCommand("Streaming fraud scoring: payments in, decisions out.");
foreach (var verb in CommandLineVerbs.All())
{
    root.Subcommands.Add(verb);
}

return await VerbRunner.RunAsync(root, args);
