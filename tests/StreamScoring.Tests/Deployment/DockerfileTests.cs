using System.Text.RegularExpressions;

namespace StreamScoring.Tests.Deployment;

/// <summary>The Dockerfile against the repository. deploy/check runs its steps.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string[] Lines = File.ReadAllLines(DeploymentFile.PathOf("Dockerfile"));

    [Fact]
    public void Images_are_of_the_framework_that_is_built_for()
    {
        var framework = Framework().Match(DeploymentFile.Text("Directory.Build.props")).Groups["version"].Value;
        Assert.Equal(
            [$"mcr.microsoft.com/dotnet/sdk:{framework}", $"mcr.microsoft.com/dotnet/aspnet:{framework}"],
            Lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public void What_is_copied_is_there_and_let_through()
    {
        var ignore = File.ReadAllLines(DeploymentFile.PathOf(".dockerignore")).Where(line => line.Length > 0 && line[0] != '#').ToList();
        Assert.Equal("*", ignore[0]);
        var copied = Lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1]).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).ToHashSet();
        Assert.All(copied, path => Assert.True(Path.Exists(DeploymentFile.PathOf(path)), path));
        Assert.Equal(copied.Order(), ignore.Where(line => line[0] == '!').Select(line => line[1..]).Order());
    }

    [Fact]
    public void It_runs_the_program_by_its_name_and_not_as_root()
    {
        Assert.Contains("ENTRYPOINT [\"scoring\"]", Lines);
        Assert.Contains("<AssemblyName>scoring</AssemblyName>", DeploymentFile.Text("src/StreamScoring.Host/StreamScoring.Host.csproj"), StringComparison.Ordinal);
        var user = Assert.Single(Lines, line => line.StartsWith("USER ", StringComparison.Ordinal));
        Assert.Equal("USER $APP_UID", user);
        Assert.True(Array.IndexOf(Lines, user) > Array.FindLastIndex(Lines, line => line.StartsWith("RUN ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Its_health_check_asks_what_the_program_answers()
    {
        Assert.Contains(Lines, line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal) && line.EndsWith("CMD [\"/scoring/is-live\"]", StringComparison.Ordinal));
        Assert.Contains("WORKDIR /scoring", Lines);
        var path = HealthPath().Match(DeploymentFile.Text("deploy/is-live")).Groups["path"].Value;
        Assert.Contains($"MapGet(\"{path}\"", DeploymentFile.Text("src/StreamScoring.Host/Serving/HttpEndpoint.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void It_answers_on_all_interfaces_of_the_container_and_elsewhere_a_process_answers_on_this_machine_alone()
    {
        Assert.Contains(Lines, line => line.Trim() == "SCORING_HTTP_ADDRESS=0.0.0.0 \\");
        foreach (var file in Directory.EnumerateFiles(DeploymentFile.PathOf("topology"), "topology.yaml", SearchOption.AllDirectories))
        {
            Assert.Contains("address: ${SCORING_HTTP_ADDRESS:-127.0.0.1}", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"<TargetFramework>net(?<version>[\d.]+)</TargetFramework>")]
    private static partial Regex Framework();

    [GeneratedRegex("GET (?<path>/[a-z/]+) HTTP")]
    private static partial Regex HealthPath();
}
