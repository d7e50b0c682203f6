using System.Diagnostics;

namespace StreamScoring.Chaos.World;

/// <summary>
/// A shell that waits for its input to end and then kills whatever bears the world's folder in its
/// command line, takes mounts off it and removes it. The input ends with this process, however it
/// ends: there is one way of cleaning up, and kill -9 takes it too.
/// </summary>
public sealed class CleanupGuard : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A process that is about to be started when its parent dies may appear after the first look,
    // hence the second.
    private const string Script =
        """
        trap '' INT TERM HUP
        cat > /dev/null
        for look in 1 2; do
          for pid in $(pgrep -f -- "$1/" | grep -vx $$); do kill -9 "$pid" 2> /dev/null; done
          sleep 0.3
        done
        awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | while read -r mount; do umount -l "$mount"; done
        rm -rf "$1"
        """;

    private readonly Process _shell;

    /// <param name="folder">A folder of the world's own; it ends the life of everything that names
    /// it.</param>
    public CleanupGuard(string folder) =>
        _shell = Process.Start(new ProcessStartInfo("bash", ["-c", Script, "guard", folder]) { RedirectStandardInput = true })!;

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit(Patience);
        _shell.Dispose();
    }
}
