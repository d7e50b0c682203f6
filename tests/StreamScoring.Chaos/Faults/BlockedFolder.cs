using System.Diagnostics;

namespace StreamScoring.Chaos.Faults;

/// <summary>
/// A folder that cannot be written: full or read-only where the machine lets us mount, else a file
/// that stands in its place.
/// </summary>
internal sealed class BlockedFolder : IDisposable
{
    private readonly string _folder;
    private readonly bool _isMounted;

    private BlockedFolder(string folder, bool isMounted) => (_folder, _isMounted) = (folder, isMounted);

    private string Away => _folder + ".away";

    public static BlockedFolder Block(string folder, Random random)
    {
        Directory.CreateDirectory(folder);
        var options = random.Next(3) switch { 0 => "size=64k", 1 => "ro", _ => null };
        if (options is not null && Mount("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder))
        {
            return new BlockedFolder(folder, isMounted: true);
        }

        var blocked = new BlockedFolder(folder, isMounted: false);
        Directory.Move(folder, blocked.Away);
        File.WriteAllText(folder, "");
        return blocked;
    }

    public void Dispose()
    {
        if (_isMounted)
        {
            Mount("umount", "-l", _folder);
            return;
        }

        File.Delete(_folder);
        Directory.Move(Away, _folder);
    }

    private static bool Mount(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
