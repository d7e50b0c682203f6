using System.Globalization;
using System.Security.Cryptography;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Looks whether the files of rules, lists and rates have changed. A change counts once two looks
/// have found the same, so that a file that is being written is not judged.
/// </summary>
internal sealed class RuleWatch
{
    private string _judged;
    private string _seen;

    public RuleWatch(Topology atStart) => _judged = _seen = StampOf(atStart);

    /// <summary>Whether there is a change that was not judged before.</summary>
    public bool Look(Topology inForce)
    {
        var found = StampOf(inForce);
        var isSettled = found == _seen;
        _seen = found;
        if (!isSettled || found == _judged)
        {
            return false;
        }

        _judged = found;
        return true;
    }

    /// <summary>
    /// What the files hold. Of a list only its size and when it was written: it may be hundreds of
    /// megabytes.
    /// </summary>
    private static string StampOf(Topology topology)
    {
        try
        {
            var rules = string.Join(' ', new[] { topology.RuleFile, topology.RatesFile }.Select(path => path is null ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));
            IEnumerable<FileInfo> lists = topology.ListFolder is { } folder ? new DirectoryInfo(folder).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal) : [];
            return string.Join('\n', lists.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}")).Prepend(rules));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
