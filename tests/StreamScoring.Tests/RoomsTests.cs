using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests;

/// <summary>The rooms of src, a room being a namespace, and which of them uses which.</summary>
public sealed partial class RoomsTests
{
    private static readonly List<(string Path, string Room, string[] Uses)> Files =
        [.. Directory.EnumerateFiles(Source(), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Source(), path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(path => (path, Text: File.ReadAllText(Path.Combine(Source(), path))))
            .Where(file => RoomName().IsMatch(file.Text))
            .Select(file => (file.path, RoomName().Match(file.Text).Groups[1].Value, UsedName().Matches(file.Text).Select(match => match.Groups[1].Value).ToArray()))];

    [Fact]
    public void No_rooms_use_each_other_in_a_circle()
    {
        var rooms = Files.GroupBy(file => file.Room).ToDictionary(
            room => room.Key, room => room.SelectMany(file => file.Uses).Where(used => used != room.Key && Files.Exists(file => file.Room == used)).Distinct().ToList());
        // Those that use none of the rest, or that none of the rest uses, lie in no circle.
        while (rooms.Where(room => !room.Value.Exists(rooms.ContainsKey) || !rooms.Values.Any(used => used.Contains(room.Key))).Select(room => room.Key).ToList() is { Count: > 0 } free)
        {
            free.ForEach(room => rooms.Remove(room));
        }

        Assert.Empty(rooms.Select(room => $"{room.Key} uses {string.Join(", ", room.Value.Where(rooms.ContainsKey))}"));
    }

    [Fact]
    public void A_room_is_a_folder() =>
        Assert.Empty(Files.Where(file => Path.GetDirectoryName(file.Path)!.Replace('\\', '.').Replace('/', '.') != file.Room).Select(file => $"{file.Path} has the namespace {file.Room}"));

    /// <summary>
    /// What runs in the engine's place or beside it is for others to bring: brokers, files,
    /// threads, servers.
    /// </summary>
    [Theory]
    [InlineData("Akka")]
    [InlineData("Confluent")]
    [InlineData("Microsoft.ML")]
    [InlineData("Prometheus")]
    [InlineData("YamlDotNet")]
    [InlineData("StreamScoring.Configuration")]
    public void The_engine_knows_nothing_of(string foreign) =>
        Assert.DoesNotContain(Files, file => file.Path.StartsWith("StreamScoring/", StringComparison.Ordinal)
            && Array.Exists(file.Uses, used => used == foreign || used.StartsWith(foreign + ".", StringComparison.Ordinal)));

    /// <summary>
    /// A name with its namespace would need no using, so the package is not there.
    /// </summary>
    [Fact]
    public void The_engine_counts_with_the_runtimes_meters_and_has_no_package_of_an_exporter()
    {
        Assert.DoesNotContain("prometheus", File.ReadAllText(Path.Combine(Source(), "StreamScoring/StreamScoring.csproj")), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(typeof(Engine).Assembly.GetReferencedAssemblies(), used => used.Name!.StartsWith("Prometheus", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Only_the_host_knows_what_exports_metrics() =>
        Assert.Empty(Files.Where(file => file.Uses.Contains("Prometheus") && !file.Path.StartsWith("StreamScoring.Host/", StringComparison.Ordinal)).Select(file => file.Path));

    [Theory]
    [InlineData("StreamScoring")]
    [InlineData("StreamScoring.Streams")]
    [InlineData("StreamScoring.Deployment")]
    [InlineData("StreamScoring.Kafka")]
    public void What_operators_are_told_is_an_event_with_an_id_and_no_sentence_for_a_callback(string project) =>
        Assert.Empty(Files.Where(file => file.Path.StartsWith(project + "/", StringComparison.Ordinal)
            && File.ReadAllText(Path.Combine(Source(), file.Path)).Contains("Action<string>", StringComparison.Ordinal)).Select(file => file.Path));

    private static string Source() => Path.Combine(SharedFolder.RepositoryRoot, "src");

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex RoomName();

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsedName();
}
