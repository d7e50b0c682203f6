using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>The log events of all projects: operators filter and alert by their ids.</summary>
public sealed partial class EventTests
{
    private static readonly string Page = Path.Combine(SharedFolder.RepositoryRoot, "docs", "events.md");

    /// <summary>The thousand that each project's ids lie in.</summary>
    private static readonly Dictionary<string, int> Thousands = new()
    {
        ["EngineEvents"] = 1,
        ["KafkaEvents"] = 2,
        ["HostEvents"] = 3,
        ["DeploymentEvents"] = 4,
    };

    private static readonly List<(MethodInfo Method, LoggerMessageAttribute Event)> Events =
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("StreamScoring", StringComparison.Ordinal) || name == "scoring.dll"))
            .Select(Assembly.LoadFrom).SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(found => found.Event is not null).Select(found => (found.Method, found.Event!)).OrderBy(found => found.Item2.EventId)];

    [Fact]
    public void Each_event_has_an_id_of_its_own_in_the_range_of_its_project()
    {
        Assert.Equal(Events.Select(found => found.Event.EventId).Distinct(), Events.Select(found => found.Event.EventId));
        Assert.All(Events, found => Assert.Equal(Thousands[found.Method.DeclaringType!.Name], found.Event.EventId / 1000));
        Assert.Equal(Thousands.Keys.Order(), Events.Select(found => found.Method.DeclaringType!.Name).Distinct().Order());
    }

    [Fact]
    public void The_page_of_events_lists_each_with_its_level_name_and_text() =>
        Assert.Equal(
            Events.Select(found => $"{found.Event.EventId} {found.Event.Level} {found.Method.Name} {found.Event.Message}"),
            Row().Matches(File.ReadAllText(Page)).Select(row => $"{row.Groups["id"]} {row.Groups["level"]} {row.Groups["name"]} {row.Groups["text"]}"));

    [Fact]
    public void Each_field_of_a_text_is_a_parameter_of_its_event() =>
        Assert.All(Events, found => Assert.Equal(
            found.Method.GetParameters().Skip(1).Select(parameter => parameter.Name!.ToUpperInvariant()).Order(),
            Field().Matches(found.Event.Message).Select(field => field.Groups["name"].Value.ToUpperInvariant()).Order()));

    [GeneratedRegex(@"^\| (?<id>\d{4}) \| (?<level>\w+) \| (?<name>\w+) \| `(?<text>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{(?<name>\w+)(?::[^}]*)?\}")]
    private static partial Regex Field();
}
