using System.CommandLine;

namespace StreamScoring.Host;

/// <summary>How a verb's work is hung on its command.</summary>
internal static class VerbAction
{
    /// <summary>
    /// Runs the action on a thread of its own. The command line library waits at Ctrl-C for the
    /// action's task, so it must have that task at once: a part that runs before the task is there
    /// would be left in the middle, with its files lying about.
    /// </summary>
    public static void Runs(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancel) => Task.Run(() => action(parsed, cancel), CancellationToken.None));
}
