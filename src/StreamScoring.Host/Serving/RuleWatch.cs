using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using StreamScoring.Configuration;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Looks whether the files of rules, lists and rates have changed. A change counts once two looks
/// have found the same, so that a file that is being written is not judged; one that goes on for
/// <see cref="LooksMax"/> looks is taken as it is then.
/// </summary>
internal sealed partial class RuleWatch
{
    private const int LooksMax = 10;

    /// <summary>Of a larger file only its size and its time are compared.</summary>
    private const int ComparedBytesMax = 1 << 20;

    private string _judged;
    private string _seen;
    private int _looks;

    public RuleWatch(Topology atStart) => _judged = _seen = StampOf(atStart);

    /// <summary>Whether there is a change that was not judged before.</summary>
    public bool Look(Topology inForce)
    {
        var found = StampOf(inForce);
        var isSettled = found == _seen;
        _seen = found;
        _looks = found == _judged ? 0 : _looks + 1;
        if (found == _judged || (!isSettled && _looks < LooksMax))
        {
            return false;
        }

        (_judged, _looks) = (found, 0);
        return true;
    }

    /// <summary>These files are in force, or were refused: they are no change.</summary>
    /// <param name="stamp">As it was before they were read.</param>
    public void Judged(string stamp) => _judged = _seen = stamp;

    /// <summary>
    /// What the files hold: rules, rates, the lists that rules name, and which lists there are.
    /// Others may change as they like.
    /// </summary>
    public static string StampOf(Topology topology)
    {
        try
        {
            var rules = topology.RuleFile is { } path ? File.ReadAllText(path) : "";
            var lists = new ListFiles(topology.ListFolder);
            var named = ListName().Matches(rules).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
            return string.Join('\n', [
                $"{topology.RuleFile} {rules}",
                topology.RatesFile is { } rates ? ContentOf(rates) : "",
                string.Join(' ', lists.Names),
                .. lists.Names.Where(named.Contains).Select(name => ContentOf(lists.PathOf(name)!)),
            ]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidInputFileException)
        {
            return e.Message;
        }
    }

    private static string ContentOf(string path)
    {
        // A mounted folder of a cluster is links, which are turned to other files.
        var file = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        return file.Length <= ComparedBytesMax ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName)))
            : string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
    }

    [GeneratedRegex("@([A-Za-z_][A-Za-z0-9_-]*)")]
    private static partial Regex ListName();
}
